"""Rules of a request that a viewer-request or origin-request function returns."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from simulator.cloudfront.http.errors import ALL_RESTRICTIONS, EVENT_STRUCTURE, INCLUDE_BODY, TESTING, Violation
from simulator.cloudfront.validation import headers as header_rules
from simulator.cloudfront.validation.origin import origin_violations

URL_LENGTH_LIMIT = 8192
_NOT_IN_QUERY = re.compile(r"[\x00-\x20\x7f#]")
_NOT_IN_PATH = re.compile(r"[\x00-\x20\x7f]")


def request_violations(given: dict[str, Any], result: dict[str, Any], event_type: str) -> Iterator[Violation]:
    """`given` is the request of the event as it was sent to the function."""
    yield from _read_only_fields(given, result)
    yield from header_rules.structure(result.get("headers"), "request.headers")
    yield from header_rules.restrictions(given.get("headers"), result.get("headers"), event_type, "request.headers")
    yield from _url(given, result)
    yield from _body(given, result)
    if event_type == "origin-request":
        yield from origin_violations(given.get("origin"), result)
    elif "origin" in result:
        yield Violation("only origin-request events have an origin", "request.origin", EVENT_STRUCTURE)


def _read_only_fields(given: dict[str, Any], result: dict[str, Any]) -> Iterator[Violation]:
    for name in ("method", "clientIp"):
        if name not in result:
            yield Violation(f"the request must keep its {name}", f"request.{name}", EVENT_STRUCTURE)
        elif result[name] != given.get(name):
            yield Violation(f"{name} is read-only", f"request.{name}", EVENT_STRUCTURE)


def _url(given: dict[str, Any], result: dict[str, Any]) -> Iterator[Violation]:
    uri, query = result.get("uri"), result.get("querystring")
    if not isinstance(uri, str) or not uri.startswith("/"):
        yield Violation("uri must be a string that begins with a slash", "request.uri", EVENT_STRUCTURE)
    elif uri != given.get("uri") and _NOT_IN_PATH.search(uri):
        yield Violation("uri must not contain spaces or control characters", "request.uri", TESTING)
    if not isinstance(query, str):
        yield Violation(
            "querystring must be a string, empty where there is none", "request.querystring", EVENT_STRUCTURE
        )
    elif query != given.get("querystring") and _NOT_IN_QUERY.search(query):
        rule = "the query string must not contain spaces, control characters or #"
        yield Violation(rule, "request.querystring", ALL_RESTRICTIONS)
    if isinstance(uri, str) and isinstance(query, str) and len(uri) + len(query) + bool(query) >= URL_LENGTH_LIMIT:
        rule = f"the URI with its query string must be shorter than {URL_LENGTH_LIMIT} characters"
        yield Violation(rule, "request.uri", ALL_RESTRICTIONS)


def _body(given: dict[str, Any], result: dict[str, Any]) -> Iterator[Violation]:
    if "body" not in result:
        return
    body, sent = result["body"], given.get("body")
    if not isinstance(body, dict):
        yield Violation("body must be an object", "request.body", EVENT_STRUCTURE)
        return
    if sent is None:
        yield Violation("a body can be set only where the trigger includes the body", "request.body", INCLUDE_BODY)
        return
    if "inputTruncated" in body and body["inputTruncated"] != sent.get("inputTruncated"):
        yield Violation("inputTruncated is read-only", "request.body.inputTruncated", EVENT_STRUCTURE)
    if body.get("action", "read-only") not in ("read-only", "replace"):
        yield Violation('action must be "read-only" or "replace"', "request.body.action", EVENT_STRUCTURE)
    elif body.get("action") == "replace":
        yield from _replaced_body(body)


def _replaced_body(body: dict[str, Any]) -> Iterator[Violation]:
    """With action read-only, changes to encoding and data are ignored (page lambda-event-structure)."""
    encoding, content = body.get("encoding", "base64"), body.get("data", "")
    if encoding not in ("base64", "text"):
        yield Violation('encoding must be "base64" or "text"', "request.body.encoding", EVENT_STRUCTURE)
    if not isinstance(content, str):
        yield Violation("data must be a string", "request.body.data", EVENT_STRUCTURE)
    elif encoding == "base64" and not is_base64(content):
        yield Violation("data must be valid base64, as its encoding says", "request.body.data", EVENT_STRUCTURE)


def is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
