"""The section `security`, web ACL, security headers and origin verification; and the key `accessLogs`."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

from infra.config.base_model import Section, Text
from infra.config.errors import format_value
from infra.config.rules import one_of, optional_rule, rule
from infra.settings.origins import secret_error
from router.model import names

_WEB_ACL = re.compile(r"arn:aws:wafv2:([a-z0-9-]+):[0-9]{12}:(global|regional)/webacl/[\w-]{1,128}/[0-9a-f-]{36}")
_NEVER_SENT = re.compile(
    r"cache-control|connection|content-length|cookie|host|if-.*|max-forwards|pragma|proxy-.*|range|request-range|te"
    r"|trailer|transfer-encoding|upgrade|via|x-amz-.*|x-edge-.*|x-real-ip"
)
"""Headers that CloudFront rejects as custom headers ("Add custom headers to origin requests")."""
OWN_PREFIX = "x-router-"

AccessLogs = Annotated[Text, one_of("none", "s3", "v2")]


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


def _header_error(value: str) -> str:
    if _NEVER_SENT.fullmatch(value.lower()):
        return f"is {value!r}: CloudFront adds no header of that name to requests; take one such as x-origin-verify"
    if value.lower().startswith(OWN_PREFIX):
        return f"is {value!r}: headers that begin with {OWN_PREFIX} are the router's own"
    return names.header_name(value)


class SecuritySettings(Section):
    """Headers, web ACL and origin verification.

    Without `originSecret`, hosts of the stack's own (`demo.hosts`) get a random one, and other origins none.

    Attributes:
        web_acl_arn: A web ACL of AWS WAF with the scope CLOUDFRONT (global, in us-east-1).
        response_headers: Adds [security headers for browsers](domains.md#headers-for-browsers), such as HSTS, where
            the origin sends none.
        origin_secret_header: Name of the origin verification header. Not one that CloudFront never sends, and not
            `override.header`.
        origin_secret: Its value, with the characters of `override.secret`; use `--secret`. The stack's own
            [hosts](#demo) get one without it, other origins none.
    """

    web_acl_arn: Annotated[Text, rule(_web_acl_error)] = ""
    response_headers: bool = True
    origin_secret_header: Annotated[Text, rule(_header_error)] = "x-origin-verify"  # noqa: S105 - its name
    origin_secret: Annotated[Text, optional_rule(secret_error)] = Field(default="", repr=False)
