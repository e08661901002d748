"""The sections `origins` and `override`."""

from __future__ import annotations

import re
from typing import Annotated, Any, cast

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator, model_validator
from pydantic_core import InitErrorDetails

from infra.config.aws_hosts import host_problems
from infra.config.errors import problem, problems_of, raise_problems, rule
from infra.config.section import Section, Text, Whole
from router.model import names, origin_rules

REQUIRED_ORIGINS = ("stable", "canary")
SHORTEST_SECRET_CHARACTERS = 16

_ORIGIN_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_SECRET = re.compile(r"[!#-+\--:<-\[\]-~]*")
"""What a cookie's value may have (cookie-octet of RFC 6265 §4.1.1), for the secret may stand in a cookie."""


class OriginSettings(Section):
    """An origin and its protocol, as router.model.decision.Origin has them.

    Attributes:
        domain_name: DNS name of the origin.
        protocol: Protocol towards the origin; `https` with TLSv1.2.
        port: Port of the origin; 80 by default where the protocol is `http`.
        path: Prefix of every request's path.
        host_header: Host header that the origin receives: see below.
        read_timeout_seconds: How long CloudFront waits for a response.
    """

    domain_name: Annotated[Text, rule(names.domain_name)]
    protocol: Annotated[Text, rule(origin_rules.protocol)] = "https"
    port: Annotated[Whole, rule(origin_rules.port)] = 443
    path: Annotated[Text, rule(origin_rules.path)] = ""
    host_header: Annotated[Text, rule(origin_rules.host_header)] = "origin"
    read_timeout_seconds: Annotated[Whole, rule(lambda value: names.within(value, 1, 120, "seconds"))] = 30

    @model_validator(mode="before")
    @classmethod
    def _default_port(cls, value: Any) -> Any:
        """80 where the protocol is http and no port is given."""
        given = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        return {**given, "port": 80} if given.get("protocol") == "http" and "port" not in given else cast("Any", value)

    @model_validator(mode="after")
    def _is_as_its_host_wants_it(self) -> OriginSettings:
        problems = host_problems(self.domain_name, self.protocol, self.port, self.host_header)
        raise_problems([problem(text, key, value=key) for key, text in problems.items()])
        return self


def _check_names(value: Any, handler: ValidatorFunctionWrapHandler) -> dict[str, OriginSettings]:
    problems: list[InitErrorDetails] = []
    if isinstance(value, dict):
        given = cast("dict[str, object]", value)
        problems += [
            problem("is missing: every release needs the origins stable and canary", name)
            for name in REQUIRED_ORIGINS
            if name not in given
        ]
        problems += [
            problem("is no name for an origin: a letter, then up to 31 of a-z, 0-9 and -", name, value=found)
            for name, found in given.items()
            if not _ORIGIN_NAME.fullmatch(name)
        ]
    try:
        origins = handler(value)
    except ValidationError as error:
        problems += problems_of(error)
        raise_problems(problems)
        raise
    raise_problems(problems)
    return origins


Origins = Annotated[dict[str, OriginSettings], WrapValidator(_check_names)]


def secret_problem(value: str) -> str:
    if len(value) < SHORTEST_SECRET_CHARACTERS:
        return f"has {len(value)} characters: at least {SHORTEST_SECRET_CHARACTERS} random ones keep others out"
    if not _SECRET.fullmatch(value):
        return 'has characters that a cookie cannot carry: use printable ASCII without space and ",;\\'
    return ""


def _optional(check: Any) -> Any:
    return rule(lambda value: value and check(value))


class OverrideSettings(Section):
    """The QA override: one place to look in, and the secret; as router.control.override.Override has them.

    Attributes:
        header: Name of the header.
        cookie: Name of the cookie.
        query: Name of the query parameter. Its value appears in access logs and browser histories: prefer a header.
        secret: The secret, 16 or more printable ASCII characters without space, quote, comma, semicolon and backslash;
            set it with `--secret`.
    """

    header: Annotated[Text, _optional(names.header_name)] = ""
    cookie: Annotated[Text, _optional(names.cookie_name)] = ""
    query: Annotated[Text, _optional(names.query_name)] = ""
    secret: Annotated[Text, rule(secret_problem)] = Field(repr=False)

    @model_validator(mode="after")
    def _has_one_place(self) -> OverrideSettings:
        places = [name for name in ("header", "cookie", "query") if getattr(self, name)]
        if len(places) != 1:
            found = f"has {' and '.join(places)}" if places else "names no place to look in"
            raise_problems([problem(f"{found}: exactly one of header, cookie and query says where to look")])
        return self


def absent_if_empty(value: Any) -> Any:
    """`{}`, the default that Pulumi.yaml must give an optional section, stands for no section."""
    return None if value == {} else value
