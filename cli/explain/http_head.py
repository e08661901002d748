"""Request line and headers in the formats people have: HTTP/1.1, HTTP/2 from a browser, or `curl -v`."""

from __future__ import annotations

import re

_REQUEST_LINE = re.compile(r"[!#$%&'*+.^_`|~A-Za-z0-9-]+ \S+")
_LATER_VERSION = re.compile(r" HTTP/[23](?:\.\d)?\s*$")
_PSEUDO = re.compile(r":(method|path|authority|scheme|protocol)\s*:\s*(.*)")
_SENT = ">"


def to_http1(text: str) -> str:
    """Return request line and headers as HTTP/1.1; any other text unchanged."""
    lines = text.replace("\r\n", "\n").split("\n")
    if is_curl_output(text):
        lines = _sent_lines(lines)
    start = next((index for index, line in enumerate(lines) if line.strip()), 0)
    if lines[start].startswith(":"):
        return "\n".join(_from_pseudo_headers(lines[start:]))
    if _LATER_VERSION.search(lines[start]):
        lines[start] = _LATER_VERSION.sub(" HTTP/1.1", lines[start])
        return "\n".join(_with_one_cookie_header(lines[start:]))
    return "\n".join(lines)


def is_curl_output(text: str) -> bool:
    """Return True for text with lines that `curl -v` marks as sent, unless it begins with a request line."""
    lines = text.split("\n")
    first = next((line for line in lines if line.strip()), "")
    is_request = bool(_REQUEST_LINE.match(first)) and not first.startswith(("* ", _SENT))
    return not is_request and any(line.startswith(_SENT) for line in lines)


def _sent_lines(lines: list[str]) -> list[str]:
    """The lines of the first request that curl sent (`> `)."""
    marked = next(index for index, line in enumerate(lines) if line.startswith(_SENT))
    head: list[str] = []
    for line in lines[marked:]:
        content = line[1:].strip()
        if not line.startswith(_SENT) or not content:
            break
        head.append(content)
    return [*head, "", ""]


def _from_pseudo_headers(lines: list[str]) -> list[str]:
    """Convert `:method`, `:path` and `:authority` to a request line and Host (RFC 9113 §8.3.1)."""
    pseudo = {found[1]: found[2] for line in lines if (found := _PSEUDO.fullmatch(line.strip()))}
    head = [f"{pseudo.get('method', 'GET')} {pseudo.get('path', '/')} HTTP/1.1"]
    if "authority" in pseudo:
        head.append(f"Host: {pseudo['authority']}")
    return _with_one_cookie_header([*head, *(line for line in lines if not line.startswith(":"))])


def _with_one_cookie_header(lines: list[str]) -> list[str]:
    """Join the cookies that HTTP/2 may split over several headers (RFC 9113 §8.2.3)."""
    end = next((index for index, line in enumerate(lines) if not line.strip()), len(lines))
    cookies = [line.partition(":")[2].strip() for line in lines[:end] if _is_cookie(line)]
    if len(cookies) < 2:
        return lines
    others = [line for line in lines[:end] if not _is_cookie(line)]
    return [*others, f"Cookie: {'; '.join(cookies)}", *lines[end:]]


def _is_cookie(line: str) -> bool:
    return line.lower().startswith("cookie:")
