"""Input that the strategy does not trust: the body of a request, and the domain names in the table."""

from __future__ import annotations

import json

from router.model import origin_rules
from router.model.record import is_object
from router.model.request import BodyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from router.model.request import Request

MAX_BODY_BYTES = 1_048_576
"""Of a body when it is unpacked: as much as CloudFront shows of one."""
MAX_FORM_FIELDS = 1_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_SHARED_SUFFIXES = (
    ".amazonaws.com",
    ".azurewebsites.net",
    ".cloudfront.net",
    ".herokuapp.com",
    ".on.aws",
    ".run.app",
    ".vercel.app",
)


class DomainAllowList:
    """Entries that start with "." allow every name below them, others only themselves; any number costs the same."""

    def __init__(self, entries: Sequence[str]) -> None:
        self._exact = {entry.lower() for entry in entries if not entry.startswith(".")}
        self._suffixes = {entry.lower() for entry in entries if entry.startswith(".")}

    def allows(self, domain: str) -> bool:
        """True for a lower-case domain name that is listed, or lies below a listed suffix by whole labels."""
        return domain in self._exact or any(
            domain[index:] in self._suffixes for index, character in enumerate(domain) if character == "."
        )


def allow_list_error(entries: Sequence[str]) -> str:
    """The error of a list of allowed domains, or ""."""
    if not entries:
        return "is empty: list the domains that the table may name, such as .example.com or api.example.com"
    for entry in entries:
        if error := origin_rules.domain_name(entry.removeprefix(".")):
            return f"has an entry that {error}"
    return ""


def shared_suffixes(entries: Sequence[str]) -> list[str]:
    """The entries below which anyone can create a name, and so reach the list."""
    return [entry for entry in entries if entry.startswith(".") and entry.lower().endswith(_SHARED_SUFFIXES)]


class _UnusableBodyError(ValueError):
    """The reason, for the log."""


def parse_body(request: Request, accept: Sequence[str]) -> tuple[dict[str, Any] | None, str]:
    """(object, "") or (None, reason): see the reasons of TenantLookup. `accept`: see Options.

    A truncated body is not parsed: half a document may be valid and mean something else. Of several members with one
    name the last counts (RFC 8259 §4 leaves it open; Python's json takes the last); of several fields of a form the
    first, as in a query.
    """
    body = request.body
    if body is None or not body.data:
        return None, "no-body"
    if body.is_truncated:
        return None, "truncated-body"
    try:
        content = body.content()
        if "gzip" in accept and _has(request, "content-encoding", ("gzip", "x-gzip")):
            content = _unpack(content)
        if "form" in accept and _has(request, "content-type", ("application/x-www-form-urlencoded",)):
            return _parse_form(content), ""
        if "bom" in accept:
            content = content.removeprefix(_BYTE_ORDER_MARK)
        return _parse_json(content, _parse_integer if "numbers" in accept else None), ""
    except BodyError:
        return None, "broken-body"
    except _UnusableBodyError as error:
        return None, str(error)


def _has(request: Request, header: str, values: Sequence[str]) -> bool:
    """True where the header has one of the values, whatever its parameters."""
    return (request.header(header) or "").partition(";")[0].strip(" \t").lower() in values


def _unpack(content: bytes) -> bytes:
    """The one member of a gzip file (RFC 1952), never more of it than is allowed."""
    import zlib  # here, for few stacks ask for it

    unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        unpacked = unpacking.decompress(content, MAX_BODY_BYTES + 1)
    except zlib.error as error:
        raise BodyError("the body is not gzip") from error
    if len(unpacked) > MAX_BODY_BYTES:
        raise _UnusableBodyError("oversized-body")
    if not unpacking.eof or unpacking.unused_data:
        raise BodyError("the gzip file has not ended, or something follows it")
    return unpacked


def _parse_json(content: bytes, parse_int: Callable[[str], float] | None) -> dict[str, Any]:
    try:
        document: object = json.loads(content.decode(), parse_int=parse_int)
    except (ValueError, RecursionError) as error:  # a megabyte of "[" nests deeper than Python does
        raise _UnusableBodyError("not-json") from error
    if not is_object(document):
        raise _UnusableBodyError("not-an-object")
    return document


def _parse_integer(text: str) -> float:
    """-0 is a float: as an integer it would be a second spelling of 0."""
    return -0.0 if text == "-0" else int(text)


def _parse_form(content: bytes) -> dict[str, Any]:
    from urllib.parse import unquote_plus  # here, for few stacks ask for it

    try:
        pairs = content.decode().split("&", MAX_FORM_FIELDS)
    except ValueError as error:
        raise _UnusableBodyError("not-a-form") from error
    if len(pairs) > MAX_FORM_FIELDS:
        raise _UnusableBodyError("not-a-form")
    fields: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if equals:
            fields.setdefault(unquote_plus(name), unquote_plus(value))
    return fields
