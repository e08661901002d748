"""CloudFront's check of what a CloudFront Function returns."""

import re
from collections.abc import Iterator
from typing import Any

from simulator.cloudfront.http.errors import ALL_RESTRICTIONS, Violation
from simulator.cloudfront.validation.request import URL_LENGTH_LIMIT, is_base64
from simulator.cloudfront.viewer_functions.fields import (
    EVENT_STRUCTURE,
    cookie_violations,
    header_violations,
    query_violations,
)
from simulator.cloudfront_rules import has_control_characters

_REQUEST = ("method", "uri", "querystring", "headers", "cookies")
_RESPONSE = ("statusCode", "statusDescription", "headers", "cookies", "body")
_NOT_IN_PATH = re.compile(r"[\x00-\x20\x7f?#]")


def validate_function_result(event: dict[str, Any], result: object) -> list[Violation]:
    """Every rule that `result` breaks; empty where CloudFront accepts it. Nothing is raised, whatever it is.

    `event` is the event as the function got it. A viewer-request function may return a request or a response, a
    viewer-response function a response. Stricter than AWS's pages say: unknown fields are refused.
    """
    event_type = event["context"]["eventType"]
    if not isinstance(result, dict):
        what = "the event's request or a response" if event_type == "viewer-request" else "the event's response"
        return [Violation(f"the function must return {what}", "result", EVENT_STRUCTURE)]
    if "context" in result and "version" in result:
        rule = "the function returned the whole event; return its request or response"
        return [Violation(rule, "result", EVENT_STRUCTURE)]
    if event_type == "viewer-response" or "statusCode" in result:
        return list(_response(event.get("response"), result))
    return list(_request(event["request"], result))


def _unknown_violations(result: dict[str, Any], known: tuple[str, ...], kind: str) -> Iterator[Violation]:
    for name in sorted(result.keys() - set(known)):
        rule = "CloudFront Functions cannot change the body of a request" if name == "body" else "unknown"
        yield Violation(f"{rule}; a {kind} has {', '.join(known)}", f"{kind}.{name}", EVENT_STRUCTURE)


def _request(given: dict[str, Any], result: dict[str, Any]) -> Iterator[Violation]:
    yield from _unknown_violations(result, _REQUEST, "request")
    if result.get("method") != given["method"]:
        yield Violation("method is read-only", "request.method", EVENT_STRUCTURE)
    uri = result.get("uri")
    if not isinstance(uri, str) or not uri.startswith("/"):
        yield Violation("uri must be a string that begins with a slash", "request.uri", EVENT_STRUCTURE)
    elif uri != given["uri"] and _NOT_IN_PATH.search(uri):
        yield Violation("uri must not have spaces, control characters, ? or #", "request.uri", EVENT_STRUCTURE)
    elif len(uri) >= URL_LENGTH_LIMIT:
        rule = f"the URI must be shorter than {URL_LENGTH_LIMIT} characters"
        yield Violation(rule, "request.uri", ALL_RESTRICTIONS)
    yield from query_violations(given["querystring"], result.get("querystring", {}), "request.querystring")
    yield from header_violations(given["headers"], result.get("headers"), "viewer-request", "request.headers")
    yield from cookie_violations(result.get("cookies", {}), "request.cookies", has_attributes=False)


def _response(given: dict[str, Any] | None, result: dict[str, Any]) -> Iterator[Violation]:
    """`given` is None where a viewer-request function makes the response itself."""
    yield from _unknown_violations(result, _RESPONSE, "response")
    status = result.get("statusCode")
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        yield Violation("statusCode must be an integer from 200 to 599", "response.statusCode", EVENT_STRUCTURE)
    description = result.get("statusDescription", "")
    if not isinstance(description, str) or has_control_characters(description):
        rule = "statusDescription must be a string without control characters"
        yield Violation(rule, "response.statusDescription", EVENT_STRUCTURE)
    before = given["headers"] if given is not None else {}
    yield from header_violations(before, result.get("headers", {}), "viewer-response", "response.headers")
    yield from cookie_violations(result.get("cookies", {}), "response.cookies", has_attributes=True)
    if "body" in result:
        yield from _body(result["body"])


def _body(body: object) -> Iterator[Violation]:
    if isinstance(body, str):
        return
    if not isinstance(body, dict) or not isinstance(body.get("data"), str):
        rule = "body must be a string, or an object with encoding and data"
        yield Violation(rule, "response.body", EVENT_STRUCTURE)
    elif body.get("encoding") not in ("text", "base64"):
        yield Violation('encoding must be "text" or "base64"', "response.body.encoding", EVENT_STRUCTURE)
    elif body["encoding"] == "base64" and not is_base64(body["data"]):
        yield Violation("data must be valid base64, as its encoding says", "response.body.data", EVENT_STRUCTURE)
