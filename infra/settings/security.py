"""The section `security`: what keeps strangers out, at the edge and at the origins; and the key `accessLogs`."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

from infra.config.errors import one_of, rule, shown
from infra.config.section import Section, Text
from infra.settings.origins import secret_problem
from router.model import names

_WEB_ACL = re.compile(r"arn:aws:wafv2:([a-z0-9-]+):[0-9]{12}:(global|regional)/webacl/[\w-]{1,128}/[0-9a-f-]{36}")
_NEVER_SENT = re.compile(
    r"cache-control|connection|content-length|cookie|host|if-.*|max-forwards|pragma|proxy-.*|range|request-range|te"
    r"|trailer|transfer-encoding|upgrade|via|x-amz-.*|x-edge-.*|x-real-ip"
)
"""What CloudFront takes as no custom header ("Add custom headers to origin requests")."""
OWN_PREFIX = "x-router-"

AccessLogs = Annotated[Text, one_of("none", "s3", "v2")]


def _web_acl_problem(value: str) -> str:
    found = _WEB_ACL.fullmatch(value)
    if value and found is None:
        return f"is {shown(value)}: the ARN of a web ACL is arn:aws:wafv2:us-east-1:<account>:global/webacl/<name>/<id>"
    if found is not None and found.groups() != ("us-east-1", "global"):
        return f"is {shown(value)}: CloudFront takes web ACLs of us-east-1 with the scope CLOUDFRONT (global) only"
    return ""


def _header_problem(value: str) -> str:
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

    web_acl_arn: Annotated[Text, rule(_web_acl_problem)] = ""
    response_headers: bool = True
    origin_secret_header: Annotated[Text, rule(_header_problem)] = "x-origin-verify"  # noqa: S105 - its name
    origin_secret: Annotated[Text, rule(lambda value: value and secret_problem(value))] = Field(default="", repr=False)
