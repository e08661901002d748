"""Reads requests and responses back from what a CloudFront Function returned."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from simulator.cloudfront.http.edge_errors import reason_phrase
from simulator.cloudfront.http.headers import Headers, title_case
from simulator.cloudfront.http.messages import OriginResponse, ViewerRequest
from simulator.cloudfront.viewer_functions.event import Field
from simulator.cloudfront_rules import is_disallowed


def read_function_request(request: ViewerRequest, given: dict[str, Any], result: dict[str, Any]) -> ViewerRequest:
    """The request after a valid result; `given` is the event's request as the function got it.

    Headers, cookies and the query string that the function left alone stay as the viewer wrote them.
    """
    headers = _headers(request.headers, given["headers"], result["headers"], "cookie")
    cookies, query = result.get("cookies", {}), result.get("querystring", {})
    if cookies != given["cookies"]:
        pairs = [f"{name}={item['value']}" for name, item in _items(given["cookies"], cookies)]
        headers = headers.without("cookie").plus(*([("Cookie", "; ".join(pairs))] if pairs else []))
    if query != given["querystring"]:
        parts = [_parameter(name, item["value"]) for name, item in _items(given["querystring"], query)]
        request = replace(request, querystring="&".join(parts))
    return replace(request, uri=result["uri"], headers=headers)


def read_function_response(
    before: OriginResponse | None, given: dict[str, Any] | None, result: dict[str, Any]
) -> OriginResponse:
    """The response after a valid result. Without `body` in it the body stays; headers that are hidden stay too."""
    known = given or {"headers": {}, "cookies": {}}
    had = before.headers if before else Headers()
    headers = _headers(had, known["headers"], result.get("headers", {}), "set-cookie")
    cookies = result.get("cookies", {})
    if cookies != known["cookies"]:
        lines = [("Set-Cookie", _set_cookie(name, item)) for name, item in _items(known["cookies"], cookies)]
        headers = headers.without("set-cookie").plus(*lines)
    body = before.body if before else b""
    if "body" in result:
        body = _body(result["body"])
        headers = headers.replaced("Content-Length", str(len(body)))
    status = result["statusCode"]
    changed = before is None or status != before.status
    description = result.get("statusDescription") or (reason_phrase(status) if changed else "")
    return OriginResponse(status, description, headers, body)


def _headers(before: Headers, given: dict[str, Field], returned: dict[str, Field], cookies: str) -> Headers:
    """Fields left alone stay as they were; others get names in Title-Case (page functions-event-structure)."""
    kept = before.where(
        lambda name: name == cookies or is_disallowed(name) or (name in given and returned.get(name) == given[name])
    )
    changed = {name: field for name, field in returned.items() if field != given.get(name)}
    return kept.plus(*((title_case(name), item["value"]) for name, item in _items(given, changed)))


def _items(given: dict[str, Field], fields: dict[str, Field]) -> list[tuple[str, Field]]:
    """One entry for each value that a field stands for."""
    return [(name, item) for name, field in fields.items() for item in _entries(given.get(name), field)]


def _entries(given: Field | None, field: Field) -> list[Field]:
    """Page functions-event-structure, "Duplicate query strings, headers, and cookies".

    A multiValue that was changed decides alone; otherwise a changed value replaces the first, and the rest stays.
    """
    items = field.get("multiValue")
    if not items:
        return [] if items is not None and (given or {}).get("multiValue") else [field]
    if items != (given or {}).get("multiValue"):
        return items
    own = {name: value for name, value in field.items() if name != "multiValue"}
    return [own, *items[1:]]


def _parameter(name: str, value: str) -> str:
    return f"{quote(name, safe='')}={value}"


def _set_cookie(name: str, item: Field) -> str:
    attributes = item.get("attributes")
    return f"{name}={item['value']}" + (f"; {attributes}" if attributes else "")


def _body(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    text = body["data"]
    return base64.b64decode(text) if body["encoding"] == "base64" else text.encode("utf-8", "surrogatepass")
