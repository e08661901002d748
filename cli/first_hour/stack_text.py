"""The file of a new stack: its settings section by section, and the secrets that are to be set afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

import yaml

from cli.output.errors import UsageError
from router.model.record import is_object
from simulator.standin.config.yaml_file import YamlError, parse_yaml
from strategies import cookie_version, jwt_iat

RANDOM = '"$(openssl rand -hex 32)"'
COMMENTS = {
    "strategy": "How visitors are routed; `pulumi config set strategy …` switches to another one.",
    "canaryPercent": "Percentage of new visitors on the canary, and the name of the release that it is for.",
    "control": "Percentage, release and pin are in a small table: `pulumi up` changes them within seconds.",
    "origins": "https on port 443, unless protocol and port say otherwise.",
}
KEPT_AT_THE_TOP = ("secretsprovider", "encryptedkey", "encryptionsalt")
"""Keys that `pulumi stack init` writes: without them, no secret can be decrypted."""


class Secret(NamedTuple):
    """A setting that only `pulumi config set --secret` writes. `stand_in` takes its place in the check."""

    path: str
    value: str = RANDOM
    stand_in: str = "0123456789abcdef" * 4

    @property
    def command(self) -> str:
        path = f"--path '{self.path}'" if any(sign in self.path for sign in ".[") else self.path
        return f"pulumi config set --secret {path} {self.value}"


SALT = Secret("logSalt")
_SECRETS = (
    "logSalt",
    "override.secret",
    "jwtIat.secret",
    "cookieVersion.signingKeys",
    "stickySession.signingKeys",
    "stickySession.cookieSecrets",
    "security.originSecret",
)


def refuse_secrets(config: Mapping[str, Any]) -> None:
    """Raise UsageError where a setting holds a secret, without quoting it."""
    for path in _SECRETS:
        section, _, name = path.partition(".")
        if _read_section(section, config).get(name) if name else config.get(section):
            raise UsageError(
                f"--set {path}: is a secret, which is never written in plain text: leave it out, and run"
                f" `pulumi config set --secret --path {path} …` afterwards"
            )


def _read_section(section: str, config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings of a section, which may be written as its JSON text; {} for what is not an object."""
    given: object = config.get(section)
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            return {}
    return given if is_object(given) else {}


def list_secrets(strategy: str, config: Mapping[str, Any]) -> tuple[list[Secret], list[Secret]]:
    """Return the secrets without which the settings are invalid, and those that are worth setting.

    A section that is not an object needs none: the check refuses it as it is.
    """
    required: list[Secret] = []
    advised = [SALT]
    objects = {name: given for name, given in config.items() if is_object(given)}
    token, session = _read_section("jwtIat", objects), _read_section("stickySession", objects)
    if strategy == "jwt-iat" and token.get("algorithm") == "HS256" and not token.get("jwks"):
        required.append(Secret("jwtIat.secret", '"$JWT_SECRET"'))
    if session.get("rememberInCookie"):
        required.append(Secret("stickySession.signingKeys[0]"))
    if session.get("preset") == "express" or session.get("signedCookie"):
        advised.append(Secret("stickySession.cookieSecrets[0]", '"$SESSION_SECRET"'))
    if _read_section("override", objects):
        required.append(Secret("override.secret"))
    if strategy == "cookie-version":
        advised.append(Secret("cookieVersion.signingKeys[0]"))
    return required, advised


def section_of_answers(
    strategy: str, answer: Sequence[str], regions: Sequence[str], released_at: str
) -> dict[str, Any]:
    """Return the section of a strategy, by the answer to its own question."""
    home: dict[str, Any] = {"homeRegion": regions[0], "replicas": list(regions[1:])}
    sections: dict[str, dict[str, Any]] = {
        "sticky-session": {"cookie": "".join(answer[:1]), "versions": {"1": "stable", "2": "canary"}, **home},
        "cookie-version": {"cookie": cookie_version.Options.cookie},
        "jwt-iat": {
            "releasedAt": released_at,
            "algorithm": jwt_iat.Options.algorithm,
            **({"issuer": answer[0]} if answer else {}),
        },
        "tenant-lookup": {"allowedDomains": list(answer), **home},
        "fastest-origin": {"candidates": ["stable", "canary"], "path": "/"},
        "tier": {"tiers": {name: {"domainName": host} for name, _, host in (one.partition("=") for one in answer)}},
    }
    return sections.get(strategy, {})


def render(project: str, region: str, config: Mapping[str, Any], kept: Mapping[str, Any]) -> str:
    """Return the YAML. `kept` are the keys at the top that `pulumi stack init` has written."""
    blocks = [_dump({"aws:region": region})]
    for key, value in config.items():
        comment = f"# {COMMENTS[key]}\n" if key in COMMENTS else ""
        blocks.append(comment + _dump({f"{project}:{key}": value}))
    lines = "\n".join(blocks).splitlines()
    top = yaml.safe_dump({name: kept[name] for name in KEPT_AT_THE_TOP if name in kept}) if kept else ""
    body = "\n".join(f"  {line}" if line else "" for line in lines)
    return f"{top}config:\n{body}\n"


class _Dumper(yaml.SafeDumper):
    """Lists below their key, and text in double quotes where the Pulumi CLI would read something else."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)


def _represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    try:
        is_plain = parse_yaml(text) == text
    except YamlError:
        is_plain = False
    return cast("Any", dumper).represent_scalar("tag:yaml.org,2002:str", text, None if is_plain else '"')


_Dumper.add_representer(str, _represent)


def _dump(value: Mapping[str, Any]) -> str:
    return yaml.dump(dict(value), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
