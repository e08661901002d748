"""The sections `origins` and `override`."""

from __future__ import annotations

import re
from typing import Annotated, Any, cast

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator, model_validator

from infra.config.aws_hosts import host_errors
from infra.config.base_model import Section, Text, Whole
from infra.config.errors import errors_in, format_value, raise_errors, setting_error
from infra.config.rules import between, one_of, optional_rule, rule
from infra.settings.private_origins import (
    PAGES,
    bucket_error,
    complete,
    function_arn_error,
    function_url_error,
    kind_errors,
)
from router.model import names, origin_rules
from router.skew import BUILD_ID

REQUIRED_ORIGINS = ("stable", "canary")
SHORTEST_SECRET_CHARACTERS = 16
ROUTED = {"domain_name", "protocol", "port", "path", "host_header", "read_timeout_seconds"}
"""The keys that make a router.model.decision.Origin."""

_ORIGIN_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_SECRET = re.compile(r"[!#-+\--:<-\[\]-~]*")
"""The characters of a cookie's value (cookie-octet of RFC 6265 §4.1.1): the secret may be in a cookie."""


def build_error(value: str) -> str:
    """Return the error in a build id."""
    if re.fullmatch(BUILD_ID, value):
        return ""
    return (
        f"is {format_value(value)}: a build id has 1 to 64 letters, digits and ._- and starts with a letter or a digit,"
        " such as a commit's hash"
    )


class OriginSettings(Section):
    """An origin and its protocol, as router.model.decision.Origin has them, or a [private](origins.md) one.

    Attributes:
        domain_name: DNS name of the origin; not with `bucket` or `functionUrl`, which stand for one.
        protocol: Protocol towards the origin; `https` with TLSv1.2.
        port: Port of the origin; 80 by default where the protocol is `http`.
        path: Prefix of every request's path.
        host_header: Host header that the origin receives: see below.
        read_timeout_seconds: How long CloudFront waits for a response.
        build: Id of the build that the origin serves, for [`skew`](#skew). For stable and canary the default is the
            release.
        bucket: Name of a private [S3 bucket](origins.md#s3-buckets).
        region: Region of the bucket.
        pages: Paths that are not files of the bucket: `index` adds `index.html` to those that end in a slash, `app`
            sends `/index.html` for all without a file extension, `none` leaves them.
        function_url: Host name of a [function URL](origins.md#function-urls) with the authentication type AWS_IAM.
        function_arn: ARN of its function.
        attach_policy: Gives CloudFront and the router's role the right to ask the bucket, or the function, which has to
            be in the same account. It is then the bucket's whole policy; the output `originPolicies` has it either way.
        vpc_origin_id: ID of a VPC origin, which [cannot be behind the router](origins.md#vpc-origins).
    """

    domain_name: Annotated[Text, optional_rule(origin_rules.domain_name)] = ""
    protocol: Annotated[Text, rule(origin_rules.protocol)] = "https"
    port: Annotated[Whole, rule(origin_rules.port)] = 443
    path: Annotated[Text, rule(origin_rules.path)] = ""
    host_header: Annotated[Text, rule(origin_rules.host_header)] = "origin"
    read_timeout_seconds: Annotated[Whole, between(1, 120, "seconds")] = 30
    build: Annotated[Text, optional_rule(build_error)] = ""
    bucket: Annotated[Text, rule(bucket_error)] = ""
    region: Text = ""
    pages: Annotated[Text, one_of(*PAGES)] = "index"
    function_url: Annotated[Text, rule(function_url_error)] = ""
    function_arn: Annotated[Text, rule(function_arn_error)] = ""
    attach_policy: bool = False
    vpc_origin_id: Text = ""

    @model_validator(mode="before")
    @classmethod
    def _default_port(cls, value: Any) -> Any:
        """Default to 80 where the protocol is http, and to the domain name of a bucket or function URL."""
        if not isinstance(value, dict):
            return value
        given = complete(cast("dict[str, Any]", value))
        return {**given, "port": 80} if given.get("protocol") == "http" and "port" not in given else given

    @model_validator(mode="after")
    def _fits_its_host(self) -> OriginSettings:
        errors = kind_errors(self) or host_errors(self.domain_name, self.protocol, self.port, self.host_header)
        raise_errors([setting_error(text, key, value=key) for key, text in errors.items()])
        return self

    @property
    def is_private(self) -> bool:
        """True where only signed requests are answered."""
        return bool(self.bucket or self.function_url)

    @property
    def function_region(self) -> str:
        """The Region of a function URL."""
        return self.function_url.partition(".lambda-url.")[2].partition(".")[0]

    def routed_fields(self) -> dict[str, Any]:
        """Return the fields of router.model.decision.Origin but for its name."""
        return self.model_dump(include=ROUTED)


def _check_names(value: Any, handler: ValidatorFunctionWrapHandler) -> dict[str, OriginSettings]:
    given = cast("dict[str, object]", value) if isinstance(value, dict) else dict.fromkeys(REQUIRED_ORIGINS)
    errors = [
        setting_error("is missing: every release needs the origins stable and canary", name)
        for name in REQUIRED_ORIGINS
        if name not in given
    ]
    errors += [
        setting_error("is not a name for an origin: a letter, then up to 31 of a-z, 0-9 and -", name, value=found)
        for name, found in given.items()
        if not _ORIGIN_NAME.fullmatch(name)
    ]
    try:
        origins = handler(value)
    except ValidationError as error:
        raise_errors(errors + errors_in(error))
        raise
    raise_errors(errors)
    return origins


Origins = Annotated[dict[str, OriginSettings], WrapValidator(_check_names)]


def secret_error(value: str) -> str:
    if len(value) < SHORTEST_SECRET_CHARACTERS:
        return f"has {len(value)} characters: at least {SHORTEST_SECRET_CHARACTERS} random ones keep others out"
    if not _SECRET.fullmatch(value):
        return 'has characters that a cookie cannot carry: use printable ASCII without space and ",;\\'
    return ""


class OverrideSettings(Section):
    """The QA override: one place to look in, and the secret; as router.control.override.Override has them.

    Attributes:
        header: Name of the header.
        cookie: Name of the cookie.
        query: Name of the query parameter. Its value appears in access logs and browser histories: prefer a header.
        secret: The secret, 16 or more printable ASCII characters without space, quote, comma, semicolon and backslash;
            set it with `--secret`.
    """

    header: Annotated[Text, optional_rule(names.header_name)] = ""
    cookie: Annotated[Text, optional_rule(names.cookie_name)] = ""
    query: Annotated[Text, optional_rule(names.query_name)] = ""
    secret: Annotated[Text, rule(secret_error)] = Field(repr=False)

    @model_validator(mode="after")
    def _has_one_place(self) -> OverrideSettings:
        places = [name for name in ("header", "cookie", "query") if getattr(self, name)]
        if len(places) != 1:
            found = f"has {' and '.join(places)}" if places else "names no place to look in"
            raise_errors([setting_error(f"{found}: exactly one of header, cookie and query says where to look")])
        return self
