"""Applies the result of a CloudFront Function: requests, responses, and the origin that it chose."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from simulator.cloudfront.config.origins import Origin
from simulator.cloudfront.http.errors import reason_phrase
from simulator.cloudfront.http.headers import Headers, title_case
from simulator.cloudfront.http.messages import OriginResponse, ViewerRequest
from simulator.cloudfront.viewer_functions.event import Field
from simulator.cloudfront_functions import OriginUpdate
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
        parts = [f"{quote(name, safe='')}={item['value']}" for name, item in _items(given["querystring"], query)]
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
        headers = headers.replace("Content-Length", str(len(body)))
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


def _set_cookie(name: str, item: Field) -> str:
    attributes = item.get("attributes")
    return f"{name}={item['value']}" + (f"; {attributes}" if attributes else "")


def _body(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    text = body["data"]
    return base64.b64decode(text) if body["encoding"] == "base64" else text.encode("utf-8", "surrogatepass")


def updated_origin(asked: OriginUpdate, assigned: Origin, origins: Mapping[str, Origin]) -> Origin:
    """The origin that a valid call leads to. What the call leaves out stays as the assigned origin has it.

    `sni`, `allowedCertificateNames` and `originAccessControlConfig` change nothing here, for no TLS to origins and no
    signing is simulated.
    """
    update: dict[str, Any] = asked.update if isinstance(asked.update, dict) else {}
    if asked.is_selection:
        return replace(origins[str(asked.id)], host_header=update.get("hostHeader"))
    timeouts, custom = update.get("timeouts", {}), update.get("customOriginConfig")
    changed = replace(
        assigned,
        domain_name=update.get("domainName", assigned.domain_name),
        # "If this is not provided, the value from the domainName parameter is used."
        host_header=update.get("hostHeader", update.get("domainName", assigned.host_header)),
        path=update.get("originPath", assigned.path),
        connection_attempts=update.get("connectionAttempts", assigned.connection_attempts),
        read_timeout=timeouts.get("readTimeout", assigned.read_timeout),
        keepalive_timeout=timeouts.get("keepAliveTimeout", assigned.keepalive_timeout),
        connection_timeout=timeouts.get("connectionTimeout", assigned.connection_timeout),
        response_completion_timeout=timeouts.get("responseCompletionTimeout", assigned.response_completion_timeout),
    )
    if "customHeaders" in update:
        headers = Headers.of((title_case(name), value) for name, value in update["customHeaders"].items())
        changed = replace(changed, custom_headers=headers)
    if custom is None:
        return changed
    return replace(
        changed,
        protocol=custom["protocol"],
        http_port=custom["port"],
        https_port=custom["port"],
        ssl_protocols=tuple(custom["sslProtocols"]),
    )
