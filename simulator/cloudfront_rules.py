"""Rules of CloudFront that several of its parts apply: paths, limits, header names and settings of origins."""

import ipaddress
import re

URL_LIMIT_BYTES = 8192
HEADERS_LIMIT_BYTES = 32_768
KEY_LIMIT_BYTES, VALUE_LIMIT_BYTES, STORE_LIMIT_BYTES = 512, 1024, 5 * 1024 * 1024
"""Page cloudfront-limits, "Quotas on key value stores"."""
FUNCTION_LIMIT_BYTES = 10 * 1024
"""Page cloudfront-limits, "Function size"; comments count, because the code is deployed with them."""
SSL_PROTOCOLS = ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2")
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token (RFC 9110 §5.6.2)."""
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_DNS_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


DISALLOWED = _names(
    "connection expect keep-alive proxy-authenticate proxy-authorization proxy-connection trailer upgrade"
    " x-accel-buffering x-accel-charset x-accel-limit-rate x-accel-redirect x-amzn-auth x-amzn-cf-billing x-amzn-cf-id"
    " x-amzn-cf-xff x-amzn-errortype x-amzn-fle-profile x-amzn-header-count x-amzn-header-order"
    " x-amzn-lambda-integration-tag x-amzn-requestid x-cache x-forwarded-proto x-real-ip cloudfront-viewer-cert-pem"
    " client-cert client-cert-chain"
)
"""Not exposed to functions; adding one is a 502 (page edge-function-restrictions-all, "Disallowed headers")."""
READ_ONLY = {
    "viewer-request": _names("cdn-loop content-length host transfer-encoding via"),
    "origin-request": _names(
        "accept-encoding cdn-loop content-length if-modified-since if-none-match if-range if-unmodified-since"
        " transfer-encoding via"
    ),
    "origin-response": _names("transfer-encoding via"),
    "viewer-response": _names("warning via content-length content-encoding transfer-encoding"),
}
"""Adding, editing or deleting one is a 502 (the same page, "Read-only headers")."""
_DENIED_CUSTOM_HEADERS = _names(
    "cache-control connection content-length cookie host max-forwards pragma range request-range te trailer"
    " transfer-encoding upgrade via x-real-ip"
)


def match_path(path_pattern: str, normalized_path: str) -> bool:
    """`*` is any number of characters and `?` exactly one; case counts; the leading slash may be left out.

    Source: page DownloadDistValuesCacheBehavior, "Path pattern".
    """
    parts = {"*": ".*", "?": "."}
    relative = path_pattern.removeprefix("/")
    pattern = "/?" + "".join(parts.get(char) or re.escape(char) for char in relative)
    return re.fullmatch(pattern, normalized_path, re.DOTALL) is not None


def normalized_path(uri: str) -> str:
    """The path that patterns are compared with: no doubled slashes, no dot segments (RFC 3986 §5.2.4).

    The origin still gets the raw path (page DownloadDistValuesCacheBehavior, "Path normalization").
    """
    segments: list[str] = []
    parts = re.sub("/+", "/", uri).removeprefix("/").split("/")
    for part in parts:
        if part == "..":
            del segments[-1:]
        elif part != ".":
            segments.append(part)
    if parts[-1] in (".", ".."):
        segments.append("")
    return "/" + "/".join(segments)


def is_disallowed(name: str) -> bool:
    """True for a lower-case header name that is hidden from edge functions."""
    return name in DISALLOWED or name.startswith(("x-amz-cf-", "x-edge-"))


def is_denied_custom_header(name: str) -> bool:
    """True for a lower-case name that CloudFront cannot add to origin requests (page add-origin-custom-headers)."""
    return name in _DENIED_CUSTOM_HEADERS or name.startswith(("if-", "proxy-", "x-amz-", "x-edge-"))


def has_control_characters(text: str) -> bool:
    return _CONTROL.search(text) is not None


def is_whole(value: object, low: float, high: float) -> bool:
    """True for a whole number within these bounds, both included; booleans are none."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def is_origin_port(value: object) -> bool:
    """True for a port that CloudFront connects to (page DownloadDistValuesOrigin, "HTTP port")."""
    return value in (80, 443) or is_whole(value, 1024, 65_535)


def are_ssl_protocols(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(item in SSL_PROTOCOLS for item in value)


def domain_name_error(name: str) -> str:
    """The reason that an origin cannot have this domain name, of at most 253 characters; "" where it can."""
    if ":" in name:
        return "must not contain a colon"
    try:
        ipaddress.ip_address(name)
    except ValueError:
        is_dns_name = all(map(_DNS_LABEL.fullmatch, name.removesuffix(".").split(".")))
        return "" if is_dns_name else "must be a DNS domain name such as www.example.com"
    return "must not be an IP address"


def origin_path_error(path: object, *, is_checked_for_encoding: bool = True) -> str:
    """The reason that an origin cannot have this path; "" where it can."""
    if not isinstance(path, str) or (path and (not path.startswith("/") or path.endswith("/"))):
        return "must be empty, or begin with a slash and not end with one"
    is_encoded = not is_checked_for_encoding or re.fullmatch(r"[!-~]{0,255}", path)
    return "" if is_encoded else "must be URL-encoded and at most 255 characters"
