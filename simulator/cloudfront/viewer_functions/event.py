"""Builds the events of CloudFront Functions (page functions-event-structure, version 1.0)."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from simulator.cloudfront.http.headers import Headers
from simulator.cloudfront.http.messages import OriginResponse, ViewerRequest
from simulator.cloudfront_rules import is_disallowed

Field = dict[str, Any]
"""`{"value": …}`, with `multiValue` where a name came more than once, and `attributes` for cookies of a response."""


def function_event(
    context: dict[str, str], request: ViewerRequest, response: OriginResponse | None = None
) -> dict[str, Any]:
    """`context` is distributionDomainName, distributionId, eventType and requestId. There is never a body."""
    event: dict[str, Any] = {
        "version": "1.0",
        "context": context,
        "viewer": {"ip": request.client_ip},
        "request": event_request(request),
    }
    if response is not None:
        event["response"] = event_response(response)
    return event


def event_request(request: ViewerRequest) -> dict[str, Any]:
    return {
        "method": request.method,
        "uri": request.uri,
        "querystring": collapse(query_pairs(request.querystring)),
        "headers": _headers(request.headers, "cookie"),
        "cookies": collapse(cookie_pairs(request.headers)),
    }


def event_response(response: OriginResponse) -> dict[str, Any]:
    return {
        "statusCode": response.status,
        "statusDescription": response.reason,
        "headers": _headers(response.headers, "set-cookie"),
        "cookies": _collapse(_set_cookie(value) for value in response.headers.all("set-cookie")),
    }


def collapse(pairs: Iterable[tuple[str, str]]) -> dict[str, Field]:
    """Duplicates in one field; its `value` is the first."""
    return _collapse((name, {"value": value}) for name, value in pairs)


def query_pairs(querystring: str) -> list[tuple[str, str]]:
    """Names percent-decoded, values as the viewer wrote them. AWS does not say; nothing here should depend on it."""
    parts = [part.partition("=") for part in querystring.split("&") if part]
    return [(unquote(name), value) for name, _, value in parts]


def cookie_pairs(headers: Headers) -> list[tuple[str, str]]:
    """All cookies of all Cookie fields, in their order; a part without `=` is a cookie with an empty value."""
    parts = [part.strip().partition("=") for field in headers.all("cookie") for part in field.split(";")]
    return [(name.strip(), value.strip()) for name, _, value in parts if name.strip()]


def _collapse(fields: Iterable[tuple[str, Field]]) -> dict[str, Field]:
    found: dict[str, list[Field]] = {}
    for name, field in fields:
        found.setdefault(name, []).append(field)
    return {name: items[0] if len(items) == 1 else {**items[0], "multiValue": items} for name, items in found.items()}


def _headers(headers: Headers, without: str) -> dict[str, Field]:
    """Lower-case names, without the cookies and what functions cannot see (page edge-function-restrictions-all)."""
    pairs = [(name.lower(), value) for name, value in headers]
    return collapse((name, value) for name, value in pairs if name != without and not is_disallowed(name))


def _set_cookie(line: str) -> tuple[str, Field]:
    pair, _, attributes = line.partition(";")
    name, _, value = pair.strip().partition("=")
    field = {"value": value.strip()}
    return name.strip(), field | ({"attributes": attributes.strip()} if attributes.strip() else {})
