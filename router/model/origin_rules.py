"""Rules for an origin's fields. Each rule returns "", or what is wrong and what is allowed."""

from __future__ import annotations

MAX_PATH_CHARACTERS = 255
_LABEL_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-")


def protocol(value: str) -> str:
    """http or https."""
    return "" if value in ("http", "https") else f"is {value!r}: allowed: http, https"


def port(value: int) -> str:
    """Check the port that CloudFront connects to ("Custom origin": HTTP and HTTPS port)."""
    if value in (80, 443) or 1024 <= value <= 65_535:
        return ""
    return f"is {value}: CloudFront connects to the ports 80, 443 and 1024 to 65535"


def path(value: str) -> str:
    """Check the prefix of every request's path."""
    is_path = value == "" or (value.startswith("/") and not value.endswith("/") and not {"?", "#"} & set(value))
    if is_path and all("!" <= character <= "~" for character in value) and len(value) <= MAX_PATH_CHARACTERS:
        return ""
    return (
        f'is {value!r}: a path is "" or starts with / and does not end with one, such as /v2;'
        f" at most {MAX_PATH_CHARACTERS} printable ASCII characters without space, ? and #"
    )


def host_header(value: str) -> str:
    """Check the Host header that the origin receives."""
    if value in ("origin", "viewer"):
        return ""
    text = domain_name(value)
    return text and f"{text}; or origin (the origin's own name), or viewer (the viewer's Host)"


def domain_name(value: str) -> str:
    """A host name CloudFront takes as an origin: at most 253 characters, no scheme, port, path or IP address."""
    if "://" in value:
        host = _host_in(value)
        if _is_ip_address(host):
            return f"is {value!r}: a domain name has no scheme, and CloudFront takes no IP address; use a DNS name"
        written = repr(host) if not domain_name(host) else "a name such as v1.example.com"
        return f"is {value!r}: a domain name has no scheme; write {written}"
    labels = value.split(".")
    if _is_ip_address(value):
        return f"is {value!r}: CloudFront takes no IP address as an origin; use a DNS name"
    if ":" in value or "/" in value:
        return f"is {value!r}: a domain name has neither port nor path; they are keys of their own"
    if not 0 < len(value) <= 253 or len(labels) < 2 or not all(_is_label(label) for label in labels):
        return (
            f"is {value!r}: a domain name has labels of letters, digits and -, at most 253 characters in all,"
            " such as v1.example.com"
        )
    return ""


def _host_in(url: str) -> str:
    """The host of a URL, without user and port (RFC 3986 §3.2)."""
    authority = url.partition("://")[2]
    for end in "/?#":
        authority = authority.partition(end)[0]
    authority = authority.rpartition("@")[2]
    return authority[1:].partition("]")[0] if authority.startswith("[") else authority.partition(":")[0]


def _is_ip_address(value: str) -> bool:
    labels = value.split(".")
    return value.count(":") > 1 or (len(labels) == 4 and all(label.isascii() and label.isdigit() for label in labels))


def _is_label(label: str) -> bool:
    return 0 < len(label) <= 63 and _LABEL_CHARACTERS.issuperset(label) and label[0] != "-" != label[-1]
