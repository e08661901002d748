"""The sections `function`, `tableReads`, `tables`, `demo`, `validator` and `security`; the key `staticPaths`."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import Field, model_validator

from infra.config.base_model import Number, Section, Text, Whole
from infra.config.errors import format_value, raise_errors, setting_error
from infra.config.rules import (
    between,
    header_error,
    one_of,
    optional_rule,
    path_pattern_error,
    path_patterns_error,
    rule,
)
from infra.settings.origins import secret_error

CA_BUNDLES = ("amazon", "system")
MAX_REMEMBERED_ENTRIES = 10_000
"""With 2,048 characters each (router.dynamodb.table) some 20 MB: a function of 128 MB still has room."""

_WEB_ACL = re.compile(r"arn:aws:wafv2:([a-z0-9-]+):[0-9]{12}:(global|regional)/webacl/[\w-]{1,128}/[0-9a-f-]{36}")
_NEVER_SENT = re.compile(
    r"cache-control|connection|content-length|cookie|host|if-.*|max-forwards|pragma|proxy-.*|range|request-range|te"
    r"|trailer|transfer-encoding|upgrade|via|x-amz-.*|x-edge-.*|x-real-ip"
)
"""Headers that CloudFront rejects as custom headers ("Add custom headers to origin requests")."""

StaticPaths = Annotated[tuple[Annotated[Text, rule(path_pattern_error)], ...], rule(path_patterns_error)]


def _ca_bundle_error(value: str) -> str:
    if value in CA_BUNDLES:
        return ""
    allowed = "allowed is amazon, system, or root certificates in PEM"
    if "-----BEGIN CERTIFICATE-----" not in value:
        return f"is {format_value(value)}: {allowed}"
    import ssl  # here, for 10 ms that every other config need not pay

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=value)
    except (ssl.SSLError, ValueError):
        return f"has a certificate that cannot be read: {allowed}"
    return ""


class FunctionSettings(Section):
    """The Lambda@Edge function. At `deadlineMs` the router itself ends a decision, long before Lambda would.

    Attributes:
        memory_mb: Memory; CPU is in proportion.
        timeout_seconds: When Lambda ends the function; the viewer gets a 503.
        deadline_ms: When the router ends a decision and sends the request to `stable`: at most half of
            `timeoutSeconds`.
        warm_in_init: A new instance connects to the nearest replica and to the home Region, and reads live control,
            before its first request; see [scale](scale.md#cold-starts).
        ca_bundle: The root certificates that the router trusts for DynamoDB: `amazon` (those of Amazon Trust Services,
            and the system's where these did not issue a certificate), `system`, or root certificates in PEM, which
            alone are trusted then.
    """

    memory_mb: Annotated[Whole, between(128, 10_240, "MB")] = 128
    timeout_seconds: Annotated[Whole, between(1, 30, "seconds (the limit of origin triggers)")] = 5
    deadline_ms: Annotated[Whole, between(50, 15_000, "milliseconds")] = 2_000
    warm_in_init: bool = True
    ca_bundle: Annotated[Text, rule(_ca_bundle_error)] = "amazon"

    @model_validator(mode="after")
    def _deadline_lies_below_timeout(self) -> Self:
        """Require half of it at most: the cold start and the response need time too. Defaults count as well."""
        if self.deadline_ms > self.timeout_seconds * 500:
            text = (
                f"is {self.deadline_ms}: at most half of function.timeoutSeconds, that is {self.timeout_seconds * 500}"
            )
            raise_errors([setting_error(text, "deadlineMs", value=self.deadline_ms)])
        return self


class TableReadSettings(Section):
    """Deadlines and memory cache of the router's table reads, as router.dynamodb.table.TableConfig has them.

    Attributes:
        read_timeout_ms: Deadline of one replica; connection and TLS included.
        total_timeout_ms: Deadline of the whole look-up: at least `readTimeoutMs`, below `function.deadlineMs`.
        remember_seconds: How long an instance caches an item; 0 for never.
        remember_unknown_seconds: The same for a key that the home Region does not have.
        remember_entries: How many of both an instance caches; the oldest goes first. Items over 2,048 characters are
            not cached.
    """

    read_timeout_ms: Annotated[Whole, between(20, 15_000, "milliseconds")] = 400
    total_timeout_ms: Annotated[Whole, between(20, 15_000, "milliseconds")] = 1_500
    remember_seconds: Annotated[Number, between(0, 300, "seconds")] = 5.0
    remember_unknown_seconds: Annotated[Number, between(0, 300, "seconds")] = 1.0
    remember_entries: Annotated[Whole, between(0, MAX_REMEMBERED_ENTRIES)] = 1_000

    @model_validator(mode="after")
    def _covers_one_read(self) -> Self:
        if self.total_timeout_ms < self.read_timeout_ms:
            text = f"is {self.total_timeout_ms}: at least tableReads.readTimeoutMs, that is {self.read_timeout_ms}"
            raise_errors([setting_error(text, "totalTimeoutMs", value=self.total_timeout_ms)])
        return self


class TableSettings(Section):
    """Protection of the tables. `onDestroy: retain` leaves them in the account whatever Pulumi deletes.

    Attributes:
        protect: Pulumi refuses to delete or replace a table, and to delete the distribution and its DNS records ([how
            to lift it](leaving.md#a-protected-stack)).
        deletion_protection: DynamoDB's deletion protection, replicas included.
        point_in_time_recovery: Point-in-time recovery over the last 35 days, replicas included.
        on_destroy: What happens to a table that leaves the stack: `retain` leaves it in the account, `delete` deletes
            it with its data.
    """

    protect: bool = False
    deletion_protection: bool = False
    point_in_time_recovery: bool = False
    on_destroy: Annotated[Text, one_of("retain", "delete")] = "retain"


class DemoSettings(Section):
    """Parts of the demonstration, which the project [demo/hosts](hosts.md) creates.

    An update is refused while a key is true: `make demo-hosts STACK=…` sets it to false.

    Attributes:
        tiers: Whether mock backends of the tiers are still to be created there, and `tier.tiers` set to them.
        hosts: Whether the sample application's hosts are still to be created there, and `origins` set to them;
            `staging` is shipped with it.
    """

    tiers: bool = False
    hosts: bool = False


class ValidatorSettings(Section):
    """The validator as a Lambda function for pipelines, deployed only with `function: true`.

    Attributes:
        function: Deploys `edge-router validate` as a Lambda function, named in the output `validatorFunction`.
        memory_mb: Memory.
        timeout_seconds: When Lambda ends the function.
    """

    function: bool = False
    memory_mb: Annotated[Whole, between(128, 10_240, "MB")] = 256
    timeout_seconds: Annotated[Whole, between(10, 900, "seconds")] = 150


def _web_acl_error(value: str) -> str:
    found = _WEB_ACL.fullmatch(value)
    if value and found is None:
        arn = "arn:aws:wafv2:us-east-1:<account>:global/webacl/<name>/<id>"
        return f"is {format_value(value)}: the ARN of a web ACL is {arn}"
    if found is not None and found.groups() != ("us-east-1", "global"):
        return (
            f"is {format_value(value)}: CloudFront takes web ACLs of us-east-1 with the scope CLOUDFRONT (global) only"
        )
    return ""


def origin_header_error(value: str) -> str:
    """Return the error in the name of a custom header of origins; "" where there is none."""
    if _NEVER_SENT.fullmatch(value.lower()):
        return f"is {value!r}: CloudFront adds no header of that name to requests; take one such as x-origin-verify"
    return header_error(value)


class SecuritySettings(Section):
    """Headers, web ACL and origin verification.

    Attributes:
        web_acl_arn: A web ACL of AWS WAF with the scope CLOUDFRONT (global, in us-east-1).
        response_headers: Adds [security headers for browsers](domains.md#headers-for-browsers), such as HSTS, where
            the origin sends none.
        origin_secret_header: Name of the origin verification header. Not one that CloudFront never sends, and not
            `override.header`.
        origin_secret: Its value, with the characters of `override.secret`; use `--secret`.
    """

    web_acl_arn: Annotated[Text, rule(_web_acl_error)] = ""
    response_headers: bool = True
    origin_secret_header: Annotated[Text, rule(origin_header_error)] = "x-origin-verify"  # noqa: S105 - its name
    origin_secret: Annotated[Text, optional_rule(secret_error)] = Field(default="", repr=False)
