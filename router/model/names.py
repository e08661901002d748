"""Rules for names in cookies, headers and tables. Each rule returns "", or what is wrong and what is allowed."""

from __future__ import annotations

_LETTERS_AND_DIGITS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
_TOKEN = _LETTERS_AND_DIGITS | frozenset("!#$%&'*+-.^_`|~")
_ATTRIBUTE_BYTES = 255

_REFUSED_HEADERS = frozenset(
    "connection expect keep-alive proxy-authenticate proxy-authorization proxy-connection trailer upgrade "
    "x-accel-buffering x-accel-charset x-accel-limit-rate x-accel-redirect x-cache x-forwarded-proto "
    "x-real-ip x-amzn-auth x-amzn-cf-billing x-amzn-cf-id x-amzn-cf-xff x-amzn-errortype "
    "x-amzn-fle-profile x-amzn-header-count x-amzn-header-order x-amzn-lambda-integration-tag "
    "x-amzn-requestid cloudfront-viewer-cert-pem client-cert client-cert-chain accept-encoding cdn-loop "
    "content-length if-modified-since if-none-match if-range if-unmodified-since transfer-encoding via "
    "cookie host".split()
)
"""Disallowed and read-only at origin-request ("Restrictions on edge functions"), and the two that policies handle."""
_REFUSED_PREFIXES = ("x-amz-cf-", "x-edge-")


def cookie_name(value: str) -> str:
    """A token by RFC 6265 §4.1.1; CloudFront drops names that start with "$"."""
    if value and _TOKEN.issuperset(value) and not value.startswith("$"):
        return ""
    return (
        f"is {value!r}: a cookie name is a token by RFC 6265, that is letters, digits and !#$%&'*+-.^_`|~,"
        " and CloudFront drops names that start with $"
    )


def header_name(value: str) -> str:
    """A field name by RFC 9110 §5.1 that CloudFront lets a function see and a policy forward."""
    if not value or not _TOKEN.issuperset(value):
        return f"is {value!r}: a header name is a token by RFC 9110, that is letters, digits and !#$%&'*+-.^_`|~"
    name = value.lower()
    if name in _REFUSED_HEADERS or name.startswith(_REFUSED_PREFIXES):
        return (
            f"is {value!r}: CloudFront refuses this header in edge functions; use one of your own, such as x-qa-origin"
        )
    return ""


def query_name(value: str) -> str:
    """The name of a query parameter: unreserved characters of RFC 3986 §2.3."""
    if value and (_LETTERS_AND_DIGITS | frozenset("-._~")).issuperset(value):
        return ""
    return f"is {value!r}: a query parameter's name has letters, digits and -._~ only"


def table_name(value: str) -> str:
    """A DynamoDB table name: 3 to 255 of letters, digits and _-. ("Naming rules" of the DynamoDB guide)."""
    if 3 <= len(value) <= 255 and (_LETTERS_AND_DIGITS | frozenset("_-.")).issuperset(value):
        return ""
    return f"is {value!r}: a table name has 3 to 255 letters, digits and _-. characters"


def attribute_name(value: str) -> str:
    """A DynamoDB attribute name: 1 to 255 bytes."""
    if 0 < len(value.encode("utf-8", "replace")) <= _ATTRIBUTE_BYTES:
        return ""
    return f"is {value!r}: an attribute name has 1 to {_ATTRIBUTE_BYTES} bytes"


def within(value: float, lowest: float, highest: float, unit: str = "") -> str:
    """A number between two bounds, both allowed."""
    if lowest <= value <= highest:
        return ""
    return f"is {value}: allowed is {lowest} to {highest}{unit and ' ' + unit}"
