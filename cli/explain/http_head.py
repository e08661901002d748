"""The head of a request as people have it at hand: of HTTP/1.1, of HTTP/2 from a browser, or out of `curl -v`."""

from __future__ import annotations

import re

_REQUEST_LINE = re.compile(r"[!#$%&'*+.^_`|~A-Za-z0-9-]+ \S+")
_LATER_VERSION = re.compile(r" HTTP/[23](?:\.\d)?\s*$")
_PSEUDO = re.compile(r":(method|path|authority|scheme|protocol)\s*:\s*(.*)")
_SENT = ">"


def plain_head(text: str) -> str:
    """The same as the head of an HTTP/1.1 request; text that is none of these as it is."""
    lines = text.replace("\r\n", "\n").split("\n")
    if is_curl_output(text):
        lines = _sent(lines)
    start = next((index for index, line in enumerate(lines) if line.strip()), 0)
    if lines[start].startswith(":"):
        return "\n".join(_of_pseudo_headers(lines[start:]))
    if _LATER_VERSION.search(lines[start]):
        lines[start] = _LATER_VERSION.sub(" HTTP/1.1", lines[start])
        return "\n".join(_with_one_cookie_header(lines[start:]))
    return "\n".join(lines)


def is_curl_output(text: str) -> bool:
    """Whether the text has lines that `curl -v` marks as sent, and does not begin as a request does."""
    lines = text.split("\n")
    first = next((line for line in lines if line.strip()), "")
    is_request = bool(_REQUEST_LINE.match(first)) and not first.startswith(("* ", _SENT))
    return not is_request and any(line.startswith(_SENT) for line in lines)


def _sent(lines: list[str]) -> list[str]:
    """Lines that curl sent first (`> `), without what it says (`* `) and what it got (`< `)."""
    marked = next(index for index, line in enumerate(lines) if line.startswith(_SENT))
    head: list[str] = []
    for line in lines[marked:]:
        content = line[1:].strip()
        if not line.startswith(_SENT) or not content:
            break
        head.append(content)
    return [*head, "", ""]


def _of_pseudo_headers(lines: list[str]) -> list[str]:
    """`:method`, `:path` and `:authority` as a request line and Host (RFC 9113 §8.3.1)."""
    pseudo = dict(found.groups() for line in lines if (found := _PSEUDO.fullmatch(line.strip())))
    head = [f"{pseudo.get('method', 'GET')} {pseudo.get('path', '/')} HTTP/1.1"]
    if "authority" in pseudo:
        head.append(f"Host: {pseudo['authority']}")
    return _with_one_cookie_header([*head, *(line for line in lines if not line.startswith(":"))])


def _with_one_cookie_header(lines: list[str]) -> list[str]:
    """HTTP/2 may split cookies over several headers; before anything else sees them, they are joined (§8.2.3)."""
    end = next((index for index, line in enumerate(lines) if not line.strip()), len(lines))
    cookies = [line.partition(":")[2].strip() for line in lines[:end] if _is_cookie(line)]
    if len(cookies) < 2:
        return lines
    others = [line for line in lines[:end] if not _is_cookie(line)]
    return [*others, f"Cookie: {'; '.join(cookies)}", *lines[end:]]


def _is_cookie(line: str) -> bool:
    return line.lower().startswith("cookie:")
