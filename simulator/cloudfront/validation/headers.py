"""Rules of header objects: their structure, disallowed names, read-only names."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from simulator.cloudfront.http.errors import ALL_RESTRICTIONS, EVENT_STRUCTURE, LAMBDA_RESTRICTIONS, Violation
from simulator.cloudfront_rules import HEADER_NAME, READ_ONLY, has_control_characters, is_disallowed


def structure(headers: Any, field: str) -> Iterator[Violation]:
    """`{name: [{key?, value}, …]}` with legal names and values (page lambda-event-structure)."""
    if not isinstance(headers, dict):
        yield Violation("headers must be an object of header name to array", field, EVENT_STRUCTURE)
        return
    seen: set[str] = set()
    for name, entries in headers.items():
        where = f"{field}.{name}"
        if not isinstance(name, str) or not HEADER_NAME.fullmatch(name):
            yield Violation("a header name must be an HTTP token (RFC 9110)", where, EVENT_STRUCTURE)
            continue
        if name.lower() in seen:
            yield Violation("a header may appear once; put its values into one array", where, EVENT_STRUCTURE)
        seen.add(name.lower())
        yield from _entries(name, entries, where)


def _entries(name: str, entries: Any, where: str) -> Iterator[Violation]:
    if not isinstance(entries, list):
        yield Violation("each header entry in the headers object must be an array", where, EVENT_STRUCTURE)
        return
    for index, entry in enumerate(entries):
        at = f"{where}[{index}]"
        if not isinstance(entry, dict):
            yield Violation("each value of a header must be an object with key and value", at, EVENT_STRUCTURE)
            continue
        key = entry.get("key", name)
        if not isinstance(key, str) or key.lower() != name.lower():
            yield Violation("key must be the header's name in any case, or be left out", f"{at}.key", EVENT_STRUCTURE)
        value = entry.get("value")
        if not isinstance(value, str):
            yield Violation("value must be a string", f"{at}.value", EVENT_STRUCTURE)
        elif has_control_characters(value):
            yield Violation("value must not contain control characters", f"{at}.value", EVENT_STRUCTURE)


def values_by_name(headers: Any) -> dict[str, list[Any]]:
    """Lower-case name to values, leaving out empty arrays and whatever has no legal structure."""
    if not isinstance(headers, dict):
        return {}
    return {
        name.lower(): [entry.get("value") if isinstance(entry, dict) else entry for entry in entries]
        for name, entries in headers.items()
        if isinstance(name, str) and isinstance(entries, list) and entries
    }


def restrictions(before: Any, after: Any, event_type: str, field: str) -> Iterator[Violation]:
    """Disallowed and read-only names (page edge-function-restrictions-all). `before` is what the function was given."""
    given, returned = values_by_name(before), values_by_name(after)
    for name in sorted(returned.keys() - given.keys()):
        yield from _addition_violations(name, event_type, f"{field}.{name}")
    yield from read_only_violations(given, returned, READ_ONLY[event_type], event_type, field)


def read_only_violations(
    given: Mapping[str, object], returned: Mapping[str, object], names: Iterable[str], event_type: str, field: str
) -> Iterator[Violation]:
    """Headers of these names that a function added, edited or deleted."""
    for name in sorted(names):
        before, after = given.get(name), returned.get(name)
        if before != after:
            verb = "added" if before is None else "deleted" if after is None else "edited"
            rule = f'the header "{name}" is read-only in {event_type} events and was {verb}'
            yield Violation(rule, f"{field}.{name}", ALL_RESTRICTIONS)


def _addition_violations(name: str, event_type: str, where: str) -> Iterator[Violation]:
    if is_disallowed(name):
        yield Violation(f'the header "{name}" is disallowed: functions cannot add it', where, ALL_RESTRICTIONS)
    if name == "cloudfront-viewer-country" and event_type == "viewer-request":
        yield Violation(f'a viewer-request function cannot add the header "{name}"', where, LAMBDA_RESTRICTIONS)
