"""Rules of a response that a function generates or updates."""

import re
from collections.abc import Iterator
from typing import Any

from simulator.cloudfront.http.errors import (
    EVENT_STRUCTURE,
    GENERATED_RESPONSES,
    LAMBDA_RESTRICTIONS,
    UPDATED_RESPONSES,
    Violation,
)
from simulator.cloudfront.validation import headers as header_rules
from simulator.cloudfront.validation.request import is_base64
from simulator.cloudfront_rules import has_control_characters

KIBIBYTE = 1024
SIZE_LIMITS = {"viewer": 40 * KIBIBYTE, "origin": 1024 * KIBIBYTE}
_STATUS = re.compile(r"[2-5]\d\d")


def response_violations(given: dict[str, Any] | None, result: dict[str, Any], event_type: str) -> Iterator[Violation]:
    """`given` is the event's response as it was sent to the function; None for a request event."""
    page = GENERATED_RESPONSES if given is None else UPDATED_RESPONSES
    status = result.get("status")
    if not isinstance(status, str) or not _STATUS.fullmatch(status):
        yield Violation('status must be a string from "200" to "599"', "response.status", page)
    if event_type == "viewer-response" and given is not None and status != given.get("status"):
        rule = f"a viewer-response function cannot change the status ({given.get('status')})"
        yield Violation(rule, "response.status", LAMBDA_RESTRICTIONS)
    yield from _description(result)
    headers = result.get("headers", {} if given is None else None)
    yield from header_rules.structure(headers, "response.headers")
    yield from _restrictions(given, headers, event_type)
    yield from _body(result, event_type, page)


def _restrictions(given: dict[str, Any] | None, headers: Any, event_type: str) -> Iterator[Violation]:
    """A generated response is held to the response event's list: it has no request headers to compare with."""
    if given is not None:
        yield from header_rules.restrictions(given.get("headers"), headers, event_type, "response.headers")
        return
    response_event = event_type.replace("request", "response")
    own = {"content-length", "content-encoding"}  # a generated response describes its own body
    kept = (
        {name: value for name, value in headers.items() if str(name).lower() not in own}
        if isinstance(headers, dict)
        else {}
    )
    yield from header_rules.restrictions({}, kept, response_event, "response.headers")


def _description(result: dict[str, Any]) -> Iterator[Violation]:
    description = result.get("statusDescription", "")
    if not isinstance(description, str) or has_control_characters(description):
        rule = "statusDescription must be a string without control characters"
        yield Violation(rule, "response.statusDescription", EVENT_STRUCTURE)


def _body(result: dict[str, Any], event_type: str, page: str) -> Iterator[Violation]:
    body, encoding = result.get("body", ""), result.get("bodyEncoding", "text")
    if encoding not in ("text", "base64"):
        yield Violation('bodyEncoding must be "text" or "base64"', "response.bodyEncoding", page)
    if not isinstance(body, str):
        yield Violation("body must be a string", "response.body", page)
        return
    if encoding == "base64" and not is_base64(body):
        yield Violation("body must be valid base64, as bodyEncoding says", "response.body", page)
        return
    if result.get("status") == "204" and body and event_type == "viewer-request":
        yield Violation("a response with status 204 must not have a body", "response.body", GENERATED_RESPONSES)
    side = event_type.partition("-")[0]
    size = (len(body) * 3 // 4 if encoding == "base64" else len(body.encode("utf-8", "surrogatepass"))) + _header_size(
        result
    )
    if size > SIZE_LIMITS[side]:
        limit = f"{SIZE_LIMITS[side] // KIBIBYTE} KB" if side == "viewer" else "1 MB"
        rule = f"a response of a {side} function, headers and body, is at most {limit}"
        yield Violation(rule, "response.body", page)


def _header_size(result: dict[str, Any]) -> int:
    values = header_rules.values_by_name(result.get("headers"))
    return sum(len(name) + len(str(value)) for name, entries in values.items() for value in entries)
