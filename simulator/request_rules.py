"""Rules of CloudFront for a viewer's request that need nothing but the request."""

from __future__ import annotations

import re

URL_LIMIT_BYTES = 8192
HEADERS_LIMIT_BYTES = 32_768


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
