"""Rules for an origin's fields. Each rule returns "", or what is wrong and what is allowed."""

from __future__ import annotations

from router.model.names import domain_name

MAX_PATH_CHARACTERS = 255


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
