"""Answers from a kept object: conditional requests, byte ranges, HEAD."""

import re
from dataclasses import replace
from email.utils import parsedate_to_datetime

from simulator.cloudfront.http.headers import Headers
from simulator.cloudfront.http.messages import OriginResponse

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def tailor(response: OriginResponse, request_headers: Headers) -> OriginResponse:
    """The kept 200 answer as 304 or 206 where the viewer asks for that (RFC 9110 §13, §14; page RangeGETs).

    Several ranges, or one that is not valid, get the whole object.
    """
    if response.status != 200:
        return response
    if _is_unmodified(response.headers, request_headers):
        headers = response.headers.without("content-length", "content-type", "content-encoding")
        return replace(response, status=304, reason="Not Modified", headers=headers, body=b"")
    return _select_range(response, request_headers)


def _is_unmodified(headers: Headers, request_headers: Headers) -> bool:
    """If-None-Match wins over If-Modified-Since (RFC 9110 §13.2.2)."""
    wanted = request_headers.join("if-none-match")
    if wanted is not None:
        etag = headers.get("etag")
        tags = {tag.strip().removeprefix("W/") for tag in wanted.split(",")}
        return etag is not None and ("*" in tags or etag.removeprefix("W/") in tags)
    modified, since = _date(headers.get("last-modified")), _date(request_headers.get("if-modified-since"))
    return modified is not None and since is not None and modified <= since


def _date(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, OverflowError):
        return None


def _select_range(response: OriginResponse, request_headers: Headers) -> OriginResponse:
    match = _RANGE.fullmatch((request_headers.get("range") or "").replace(" ", ""))
    if_range = request_headers.get("if-range")
    validators = (response.headers.get("etag"), response.headers.get("last-modified"))
    if match is None or (if_range is not None and if_range not in validators):
        return response
    bounds = _bounds(match[1], match[2], len(response.body))
    if bounds is None:
        return response
    start, end = bounds
    size = len(response.body)
    if start >= size:
        headers = response.headers.without("content-length").plus(("Content-Range", f"bytes */{size}"))
        return replace(response, status=416, reason="Range Not Satisfiable", headers=headers, body=b"")
    headers = response.headers.replace("Content-Length", str(end - start + 1))
    headers = headers.plus(("Content-Range", f"bytes {start}-{end}/{size}"))
    return replace(response, status=206, reason="Partial Content", headers=headers, body=response.body[start : end + 1])


def _bounds(first: str, last: str, size: int) -> tuple[int, int] | None:
    """First and last byte; None for a range that is not valid."""
    if first:
        end = min(int(last), size - 1) if last else size - 1
        return (int(first), end) if not last or int(first) <= int(last) else None
    return (max(0, size - int(last)), size - 1) if last and int(last) else None
