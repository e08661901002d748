"""The section `domain`: the names under which viewers reach the distribution, and the certificate for them."""

from __future__ import annotations

import re
from typing import Annotated, Any, cast

from pydantic import model_validator

from infra.config.errors import problem, raise_problems, rule, shown
from infra.config.section import Section, Text
from router.model import names

MAX_ALIASES = 100
"""Alternate domain names per distribution ("Quotas": Quotas on distributions)."""
FREE_NAMES = 10
"""Names on one certificate, unless a higher quota was asked for (ACM, "Quotas")."""
LONGEST_FIRST_NAME = 64
"""The first name is the certificate's common name (RequestCertificate, ACM API reference)."""

_CERTIFICATE = re.compile(r"arn:aws:acm:([a-z0-9-]+):[0-9]{12}:certificate/[0-9A-Za-z-]{1,64}")
_ZONE = re.compile(r"Z[A-Z0-9]{1,31}")


def _alias_problem(value: str) -> str:
    """ "Use custom URLs by adding alternate domain names", "Use wildcards in alternate domain names"."""
    if value != value.lower():
        return f"is {value!r}: CloudFront takes lower case only; write {value.lower()!r}"
    if value.endswith(".cloudfront.net"):
        return f"is {value!r}: names below cloudfront.net are CloudFront's own, and need no alias"
    base = value.removeprefix("*.")
    if problem := names.domain_name(base):
        wildcard = "; a wildcard is the whole first label, such as *.example.com" if "*" in value else ""
        return f"is {value!r}{problem.removeprefix(f'is {base!r}')}{wildcard}"
    return ""


def _aliases_problem(values: tuple[str, ...]) -> str:
    twice = next((value for index, value in enumerate(values) if value in values[:index]), "")
    if not 0 < len(values) <= MAX_ALIASES:
        return f"has {len(values)} entries: a distribution takes 1 to {MAX_ALIASES}"
    return f"lists {twice!r} twice: every name once" if twice else ""


def _certificate_problem(value: str) -> str:
    found = _CERTIFICATE.fullmatch(value)
    if value and found is None:
        return f"is {shown(value)}: the ARN of a certificate is arn:aws:acm:us-east-1:<account>:certificate/<id>"
    if found is not None and found[1] != "us-east-1":
        return f"is in {found[1]}: CloudFront takes certificates of us-east-1 only; request it there"
    return ""


def _zone_problem(value: str) -> str:
    if not value or _ZONE.fullmatch(value):
        return ""
    return f"is {shown(value)}: the id of a hosted zone is Z and up to 31 capital letters and digits"


class DomainSettings(Section):
    """Alternate domain names: records with `hostedZoneId`, and a new certificate without `certificateArn`.

    Attributes:
        aliases: The names, in lower case; `*.your.example` covers every name one label below. None that another stack
            in this project has.
        certificate_arn: A certificate in us-east-1 that covers them. Without it one is created, which needs the hosted
            zone.
        hosted_zone_id: The names' hosted zone in Route 53, where the records are written.
    """

    aliases: Annotated[tuple[Annotated[Text, rule(_alias_problem)], ...], rule(_aliases_problem)]
    certificate_arn: Annotated[Text, rule(_certificate_problem)] = ""
    hosted_zone_id: Annotated[Text, rule(_zone_problem)] = ""

    @model_validator(mode="after")
    def _has_a_certificate(self) -> DomainSettings:
        first = self.aliases[0]
        if not self.certificate_arn and not self.hosted_zone_id:
            text = (
                "has neither certificateArn nor hostedZoneId: name a certificate in us-east-1 that covers the aliases,"
                " or the hosted zone in Route 53 where one can be validated"
            )
            raise_problems([problem(text)])
        if not self.certificate_arn and len(first) > LONGEST_FIRST_NAME:
            text = f"has {len(first)} characters: the first name of a certificate has at most {LONGEST_FIRST_NAME}"
            raise_problems([problem(text, "aliases", 0, value=first)])
        return self

    def warnings(self) -> list[str]:
        """What works but is rarely meant; each begins with its key below the section."""
        if self.certificate_arn or len(self.aliases) <= FREE_NAMES:
            return []
        return [
            f"aliases has {len(self.aliases)} entries: ACM puts {FREE_NAMES} names on one certificate, unless the"
            " account's quota was raised. A wildcard such as *.example.com covers many"
        ]


def aliases_in(section: Any) -> list[str]:
    """The aliases that a section in a stack's file names; none where it has no such shape."""
    given = cast("dict[str, object]", section) if isinstance(section, dict) else {}
    listed = given.get("aliases")
    aliases = cast("list[object]", listed) if isinstance(listed, list) else []
    return [alias.lower() for alias in aliases if isinstance(alias, str)]
