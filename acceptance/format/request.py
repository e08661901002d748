"""The request of a step, and the token that it may carry."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from acceptance.format.values import Duration, Offset, Part, time_error
from infra.config.aws_regions import region_error
from infra.config.base_model import Text, Whole
from infra.config.errors import format_value, raise_errors, setting_error
from infra.config.rules import between, optional_rule, rule
from router.model import names

MAX_REQUESTS = 100_000
"""Of a step: visitors and repetitions."""
_METHOD = re.compile(r"[A-Z]{1,20}")
_PATH = re.compile(r"/[\x21-\x22\x24-\x7e]*")
_SHORTHAND = re.compile(r"(?:(\S+) +)?(/\S*)")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?")


def _path_error(value: str) -> str:
    if _PATH.fullmatch(value):
        return ""
    return f"is {format_value(value)}: a path begins with /, in ASCII without spaces and #, such as /a?b=%20c"


def _method_error(value: str) -> str:
    return "" if _METHOD.fullmatch(value) else f"is {format_value(value)}: a method in capitals, such as GET or POST"


def _host_error(value: str) -> str:
    return "" if _HOST.fullmatch(value) else f"is {format_value(value)}: a host name such as www.example.com"


def _region_error(value: str) -> str:
    return region_error(value, "lambda")


Host = Annotated[Text, optional_rule(_host_error)]
HeaderName = Annotated[str, rule(names.header_name)]
Count = Annotated[Whole, between(1, MAX_REQUESTS)]
Headers = dict[HeaderName, Text]
Cookies = dict[Annotated[str, rule(names.cookie_name)], Text]


class Token(Part):
    """A JSON Web Token, where the stack's `jwtIat` has it; signed with the stack's own secret (HS256) unless `key` says
    otherwise.

    Attributes:
        subject: The claim `sub`.
        issued_at: The claim `iat`: a time such as `2026-11-01T00:00:00Z`, or a duration before now such as `-60s`.
        expires_in: The claim `exp`, from now on; negative for a token that has expired, such as `-1h`.
        claims: Further claims. `iss` and `aud` are those of the stack's settings.
        key: A secret, or a private key in PEM. `${NAME}` takes it from the environment.
    """

    subject: Text = "user"
    issued_at: Annotated[Text, rule(time_error)] = "-60s"
    expires_in: Offset = 600.0
    claims: dict[str, Any] = Field(default_factory=dict[str, Any])
    key: Text = Field(default="", repr=False)


class Request(Part):
    """A request; as a text it is a path (`/`) or a method and a path (`POST /orders`).

    Attributes:
        path: Path, and the query if there is one.
        method: Method. The default is GET, or POST with a body.
        host: The Host header and, over TLS, the server name whose certificate is asked for, such as an alias of the
            distribution. The default is the file's `host`.
        headers: Headers, by name.
        cookies: Cookies besides those in the visitor's jar.
        body: Body as text.
        json: Body as JSON, with its content type.
        token: A JSON Web Token, as the strategy jwt-iat reads it.
        repeat: How often each visitor sends it, one after another.
        region: Region in which the local edge serves it.
        follow: Follow redirects within the host, at most 10; the expectations are about the last response.
        timeout: Time limit of each request. Without a response until then the test fails.
    """

    path: Annotated[Text, rule(_path_error)] = "/"
    method: Annotated[Text, optional_rule(_method_error)] = ""
    host: Host = ""
    headers: Headers = Field(default_factory=dict[str, str])
    cookies: Cookies = Field(default_factory=dict[str, str])
    body: Text | None = None
    json_body: Any = Field(default=None, alias="json")
    token: Token | None = None
    repeat: Count = 1
    region: Annotated[Text, optional_rule(_region_error)] = ""
    follow: bool = False
    timeout: Duration = 30.0

    @model_validator(mode="before")
    @classmethod
    def _read_shorthand(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        found = _SHORTHAND.fullmatch(value)
        if found is None:
            text = f"is {format_value(value)}: a path such as /, or a method and a path such as POST /orders"
            raise_errors([setting_error(text)])
            return value
        return {"path": found[2], "method": found[1] or ""}

    @model_validator(mode="after")
    def _refuse_two_bodies(self) -> Self:
        if self.body is not None and self.has_json:
            raise_errors([setting_error("has body and json: write one of them")])
        return self

    @property
    def has_json(self) -> bool:
        return "json_body" in self.model_fields_set

    @property
    def effective_method(self) -> str:
        """The method, GET or POST where none is given."""
        return self.method or ("POST" if self.has_json or self.body is not None else "GET")

    @property
    def text(self) -> str:
        """`POST /orders`."""
        return f"{self.effective_method} {self.path}"
