"""Input that the strategy does not trust: the JSON body of a request, and the domain names in the table."""

from __future__ import annotations

import json

from router.model import names
from router.model.record import is_object
from router.model.request import BodyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from router.model.request import Body

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
        if error := names.domain_name(entry.removeprefix(".")):
            return f"has an entry that {error}"
    return ""


def shared_suffixes(entries: Sequence[str]) -> list[str]:
    """The entries below which anyone can create a name, and so reach the list."""
    return [entry for entry in entries if entry.startswith(".") and entry.lower().endswith(_SHARED_SUFFIXES)]


def parse_body(body: Body | None) -> tuple[dict[str, Any] | None, str]:
    """(object, "") or (None, reason): no-body, truncated-body, broken-body, not-json or not-an-object.

    A truncated body is not parsed: half a document may be valid and mean something else. Of several members with one
    name the last counts (RFC 8259 §4 leaves it open; Python's json takes the last).
    """
    if body is None or not body.data:
        return None, "no-body"
    if body.is_truncated:
        return None, "truncated-body"
    try:
        document: object = json.loads(body.content().decode())
    except BodyError:
        return None, "broken-body"
    except (ValueError, RecursionError):  # a megabyte of "[" nests deeper than Python does
        return None, "not-json"
    return (document, "") if is_object(document) else (None, "not-an-object")
