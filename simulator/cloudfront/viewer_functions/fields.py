"""Rules of the fields in `headers`, `cookies` and `querystring` that a CloudFront Function returns."""

import re
from collections.abc import Iterator
from typing import Any

from simulator.cloudfront.http.errors import ALL_RESTRICTIONS, Violation
from simulator.cloudfront.validation.headers import read_only_violations
from simulator.cloudfront_rules import HEADER_NAME, READ_ONLY, has_control_characters, is_disallowed

EVENT_STRUCTURE = "functions-event-structure"
# Page edge-function-restrictions-all, "Read-only headers": a function may set the length and encoding of its own body.
READ_ONLY_HEADERS = {"viewer-request": READ_ONLY["viewer-request"], "viewer-response": frozenset({"warning", "via"})}
_COOKIE_NAME = re.compile(r"[^\x00-\x20\x7f;=]+")
_COOKIE_VALUE = re.compile(r"[^\x00-\x1f\x7f;]*")
_QUERY_VALUE = re.compile(r"[^\x00-\x20\x7f&#]*")
_KNOWN = {"value", "multiValue", "attributes"}


def header_violations(given: Any, headers: Any, event_type: str, where: str) -> Iterator[Violation]:
    """`given` is what the function got; read-only headers may not be added, edited or deleted."""
    if not isinstance(headers, dict):
        yield Violation("headers must be an object of lower-case names", where, EVENT_STRUCTURE)
        return
    for name, field in headers.items():
        at = f"{where}.{name}"
        yield from _header_name(name, given, at)
        yield from _field(field, at, has_attributes=False)
        for value in _texts(field):
            if has_control_characters(value):
                yield Violation("value must not contain control characters", at, EVENT_STRUCTURE)
    yield from read_only_violations(given, headers, READ_ONLY_HEADERS[event_type], event_type, where)


def _header_name(name: str, given: Any, where: str) -> Iterator[Violation]:
    kind = where.partition(".")[0]
    if not HEADER_NAME.fullmatch(name):
        yield Violation("a header name must be an HTTP token (RFC 9110)", where, EVENT_STRUCTURE)
    elif name != name.lower():
        yield Violation("a header name must be in lower case", where, EVENT_STRUCTURE)
    elif name == ("set-cookie" if kind == "response" else "cookie"):
        yield Violation(f"cookies belong in {kind}.cookies", where, EVENT_STRUCTURE)
    elif is_disallowed(name) and name not in given:
        rule = f'the header "{name}" is disallowed: functions cannot add it'
        yield Violation(rule, where, ALL_RESTRICTIONS)


def cookie_violations(cookies: Any, where: str, *, has_attributes: bool) -> Iterator[Violation]:
    """`attributes` are for responses only (page functions-event-structure, "Cookie attributes")."""
    yield from _named_fields(cookies, where, "cookies", has_attributes=has_attributes)
    if not isinstance(cookies, dict):
        return
    for name, field in cookies.items():
        at = f"{where}.{name}"
        if not _COOKIE_NAME.fullmatch(name):
            yield Violation("a cookie's name must not have spaces, = or ;", at, EVENT_STRUCTURE)
        if not all(_COOKIE_VALUE.fullmatch(value) for value in _texts(field)):
            yield Violation("a cookie's value must not have ; or control characters", at, EVENT_STRUCTURE)
        if any(has_control_characters(text) for text in _texts(field, "attributes")):
            yield Violation("attributes must not have control characters", at, EVENT_STRUCTURE)


def query_violations(given: Any, query: Any, where: str) -> Iterator[Violation]:
    """Rules of changed values: the viewer's own may stay as they are."""
    yield from _named_fields(query, where, "querystring", has_attributes=False)
    if not isinstance(query, dict):
        return
    for name, field in query.items():
        if field != given.get(name) and not all(_QUERY_VALUE.fullmatch(value) for value in _texts(field)):
            rule = "a value must not have spaces, control characters, & or #: percent-encode them"
            yield Violation(rule, f"{where}.{name}", ALL_RESTRICTIONS)


def _texts(field: Any, key: str = "value") -> list[str]:
    """The texts at `key` of the field and of those in its multiValue."""
    if not isinstance(field, dict):
        return []
    items = field.get("multiValue")
    fields = [field, *(items if isinstance(items, list) else [])]
    found = [item.get(key) for item in fields if isinstance(item, dict)]
    return [text for text in found if isinstance(text, str)]


def _named_fields(fields: Any, where: str, what: str, *, has_attributes: bool) -> Iterator[Violation]:
    if not isinstance(fields, dict):
        yield Violation(f"{what} must be an object of name to {{value}}", where, EVENT_STRUCTURE)
        return
    for name, field in fields.items():
        yield from _field(field, f"{where}.{name}", has_attributes=has_attributes)


def _field(field: Any, where: str, *, has_attributes: bool) -> Iterator[Violation]:
    if not isinstance(field, dict):
        yield Violation("must be an object with value", where, EVENT_STRUCTURE)
        return
    yield from _value(field, where, has_attributes=has_attributes)
    if "multiValue" not in field:
        return
    items = field["multiValue"]
    if not isinstance(items, list):
        yield Violation("multiValue must be an array of {value}", f"{where}.multiValue", EVENT_STRUCTURE)
        return
    for index, item in enumerate(items):
        at = f"{where}.multiValue[{index}]"
        if isinstance(item, dict):
            yield from _value(item, at, has_attributes=has_attributes)
        else:
            yield Violation("must be an object with value", at, EVENT_STRUCTURE)


def _value(field: dict[str, Any], where: str, *, has_attributes: bool) -> Iterator[Violation]:
    if not isinstance(field.get("value"), str):
        yield Violation("value must be a string", f"{where}.value", EVENT_STRUCTURE)
    if "attributes" in field and not has_attributes:
        yield Violation("attributes are for the cookies of a response", f"{where}.attributes", EVENT_STRUCTURE)
    elif not isinstance(field.get("attributes", ""), str):
        yield Violation("attributes must be a string", f"{where}.attributes", EVENT_STRUCTURE)
    for name in sorted(field.keys() - _KNOWN):
        yield Violation("unknown; a field has value and multiValue", f"{where}.{name}", EVENT_STRUCTURE)
