"""The section `domain`, alternate domain names and their certificate; and what origins are told of the site's name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import model_validator

from infra.config.base_model import Section, Text
from infra.config.errors import format_value, raise_errors, setting_error
from infra.config.rules import duplicate_error, rule
from router.model import origin_rules

if TYPE_CHECKING:
    from infra.settings.model import CoreSettings
    from infra.settings.origins import OriginSettings

MAX_ALIASES = 100
"""Alternate domain names per distribution ("Quotas": Quotas on distributions)."""
FREE_NAMES = 10
"""Names on one certificate, unless a higher quota was requested (ACM, "Quotas")."""
LONGEST_FIRST_NAME = 64
"""The first name is the certificate's common name (RequestCertificate, ACM API reference)."""
CLAIMS = (
    "forwarded",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-scheme",
    "x-forwarded-server",
    "x-forwarded-ssl",
    "x-host",
    "x-http-host-override",
    "x-original-host",
)
"""By these an application takes another host, port, scheme or path prefix for its own: a viewer's are not passed on."""
SCHEME = {"cloudfront-forwarded-proto": "https"}
"""Every viewer is redirected to https. X-Forwarded-Proto is a header that edge functions may not add ("Restrictions on
all edge functions")."""
FORWARDED_SCHEME = "proto=https"
"""The same in Forwarded (RFC 7239), which is on none of that page's lists."""

_CERTIFICATE = re.compile(r"arn:aws:acm:([a-z0-9-]+):[0-9]{12}:certificate/[0-9A-Za-z-]{1,64}")
_ZONE = re.compile(r"Z[A-Z0-9]{1,31}")


def _alias_error(value: str) -> str:
    """ "Use custom URLs by adding alternate domain names", "Use wildcards in alternate domain names"."""
    if value != value.lower():
        return f"is {value!r}: CloudFront takes lower case only; write {value.lower()!r}"
    if value.endswith(".cloudfront.net"):
        return f"is {value!r}: names below cloudfront.net are CloudFront's own, and need no alias"
    base = value.removeprefix("*.")
    if problem := origin_rules.domain_name(base):
        wildcard = "; a wildcard is the whole first label, such as *.example.com" if "*" in value else ""
        return f"is {value!r}{problem.removeprefix(f'is {base!r}')}{wildcard}"
    return ""


def _aliases_error(values: tuple[str, ...]) -> str:
    if not 0 < len(values) <= MAX_ALIASES:
        return f"has {len(values)} entries: a distribution takes 1 to {MAX_ALIASES}"
    return duplicate_error(values, "every name once")


def _certificate_error(value: str) -> str:
    found = _CERTIFICATE.fullmatch(value)
    if value and found is None:
        return f"is {format_value(value)}: the ARN of a certificate is arn:aws:acm:us-east-1:<account>:certificate/<id>"
    if found is not None and found[1] != "us-east-1":
        return f"is in {found[1]}: CloudFront takes certificates of us-east-1 only; request it there"
    return ""


def _zone_error(value: str) -> str:
    if not value or _ZONE.fullmatch(value):
        return ""
    return f"is {format_value(value)}: the id of a hosted zone is Z and up to 31 capital letters and digits"


class DomainSettings(Section):
    """Alternate domain names: records with `hostedZoneId`, and a new certificate without `certificateArn`.

    Attributes:
        aliases: The names, in lower case; `*.your.example` covers every name one label below. None that another stack
            in this project has.
        certificate_arn: A certificate in us-east-1 that covers them. Without it one is created, which needs the hosted
            zone.
        hosted_zone_id: The names' hosted zone in Route 53, where the records are written.
    """

    aliases: Annotated[tuple[Annotated[Text, rule(_alias_error)], ...], rule(_aliases_error)]
    certificate_arn: Annotated[Text, rule(_certificate_error)] = ""
    hosted_zone_id: Annotated[Text, rule(_zone_error)] = ""

    @model_validator(mode="after")
    def _has_a_certificate(self) -> DomainSettings:
        first = self.aliases[0]
        if not self.certificate_arn and not self.hosted_zone_id:
            text = (
                "has neither certificateArn nor hostedZoneId: name a certificate in us-east-1 that covers the aliases,"
                " or the hosted zone in Route 53 where one can be validated"
            )
            raise_errors([setting_error(text)])
        if not self.certificate_arn and len(first) > LONGEST_FIRST_NAME:
            text = f"has {len(first)} characters: the first name of a certificate has at most {LONGEST_FIRST_NAME}"
            raise_errors([setting_error(text, "aliases", 0, value=first)])
        return self

    def warnings(self) -> list[str]:
        """Return warnings about likely mistakes; each begins with its key below the section."""
        if self.certificate_arn or len(self.aliases) <= FREE_NAMES:
            return []
        return [
            f"aliases has {len(self.aliases)} entries: ACM puts {FREE_NAMES} names on one certificate, unless the"
            " account's quota was raised. A wildcard such as *.example.com covers many"
        ]


def public_hosts(canonical: str, domain: DomainSettings | None) -> list[str]:
    """Return the names of the site, the canonical one first: "" stands for the distribution's own domain name."""
    if canonical or domain is None:
        return [canonical]
    return [next((alias for alias in domain.aliases if "*" not in alias), ""), *domain.aliases]


def origin_ports(origins: Iterable[OriginSettings], hosts: Collection[str]) -> dict[str, list[int]]:
    """Return the ports of our origins by host, as of origins_by_host."""
    return {host: sorted({one.port for one in found}) for host, found in origins_by_host(origins, hosts).items()}


def origins_by_host(origins: Iterable[OriginSettings], names: Collection[str]) -> dict[str, list[OriginSettings]]:
    """Return our origins by every host name of theirs; a name of the site is none of theirs.

    A fixed Host below a wildcard alias is the site's, but a domain name below it has an address of its own.
    """
    hosts: dict[str, list[OriginSettings]] = {}
    for origin in origins:
        hosts.setdefault(origin.domain_name.lower(), []).append(origin)
        fixed = origin.host_header.lower()
        if fixed not in ("origin", "viewer") and f"*.{fixed.partition('.')[2]}" not in names:
            hosts.setdefault(fixed, []).append(origin)
    return {host: found for host, found in sorted(hosts.items()) if host not in names}


def foreign_domains(hosts: Iterable[str], names: Collection[str]) -> set[str]:
    """Return the domains, origins' hosts and those above them, whose cookies are not the site's: as _is_foreign of
    router/public_host.py. CloudFront's own names lie below cloudfront.net.
    """
    site = [*names, "x.cloudfront.net"]
    domains = {host.split(".", start)[-1] for host in hosts for start in range(host.count("."))}
    return {
        domain
        for domain in domains
        if f"*.{domain.partition('.')[2]}" not in names and not any(f".{name}".endswith(f".{domain}") for name in site)
    }


def own_name_errors(settings: CoreSettings) -> dict[tuple[str, ...], str]:
    """Return the errors of origins and tiers whose domain name is an alias of the distribution, which would ask itself.

    A name that only a wildcard covers may have a DNS record of its own.
    """
    aliases = settings.domain.aliases if settings.domain else ()
    tiers = getattr(settings.options, "tiers", {})
    named = {("origins", name, "domainName"): one.domain_name for name, one in settings.origins.items()}
    named |= {("tier", "tiers", name, "domainName"): one.domain_name for name, one in tiers.items()}
    itself = "which is in domain.aliases: CloudFront would send requests to itself."
    return {
        key: f"is {host!r}, {itself} Name the host that the application runs at"
        for key, host in named.items()
        if host.lower() in aliases
    }


def shared_alias_errors(project: str, stack: str, aliases: Sequence[str], directory: Path) -> list[str]:
    """Return an error for every alias that another stack's file in this directory has too.

    Other directories, repositories and accounts are unknown: there CloudFront rejects it (CNAMEAlreadyExists). A
    wildcard besides a name below it is not an error: CloudFront uses the longer match.
    """
    files = sorted(directory.glob("Pulumi.?*.yaml")) if aliases else []
    others = reversed([path for path in files if path.name != f"Pulumi.{stack}.yaml"])
    taken = {alias: path.name for path in others for alias in _read_aliases(path, project)}
    return [
        f"{project}:domain.aliases[{index}] is {alias!r}, which {taken[alias]} has too: CloudFront takes an alias for"
        " one distribution only"
        for index, alias in enumerate(aliases)
        if alias in taken
    ]


def _read_aliases(path: Path, project: str) -> list[str]:
    """Read a stack file's aliases; none from an invalid file, which the engine reports when it uses it."""
    import yaml  # here: few stacks have aliases

    try:
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return []
    value = document
    for key in ("config", f"{project}:domain", "aliases"):
        value = cast("dict[str, Any]", value).get(key) if isinstance(value, dict) else None
    aliases = cast("list[object]", value) if isinstance(value, list) else []
    return [alias.lower() for alias in aliases if isinstance(alias, str)]
