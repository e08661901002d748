"""Builds Lambda@Edge events, and reads requests and responses back from a function's result."""

import base64
from dataclasses import replace
from typing import Any

from simulator.cloudfront.config.behaviors import EventType
from simulator.cloudfront.config.origins import Origin
from simulator.cloudfront.http.headers import Headers, title_case
from simulator.cloudfront.http.messages import OriginResponse, ViewerRequest
from simulator.cloudfront_rules import is_disallowed

KIBIBYTE = 1024
# Page lambda-at-edge-function-restrictions, "request body with the include body option".
BODY_LIMITS = {"viewer-request": 40 * KIBIBYTE, "origin-request": 1024 * KIBIBYTE}


def event_headers(headers: Headers) -> dict[str, list[dict[str, str]]]:
    """`{lower-case name: [{key, value}]}` without the fields that functions cannot see.

    Source: page edge-function-restrictions-all, "Disallowed headers".
    """
    grouped: dict[str, list[dict[str, str]]] = {}
    for name, value in headers:
        if not is_disallowed(name.lower()):
            grouped.setdefault(name.lower(), []).append({"key": name, "value": value})
    return grouped


def read_headers(headers: dict[str, list[dict[str, str]]]) -> Headers:
    """Back from an event's form; a missing key is the name in Title-Case (page lambda-event-structure)."""
    return Headers.of(
        (entry.get("key") or title_case(name), entry["value"]) for name, entries in headers.items() for entry in entries
    )


def event_request(request: ViewerRequest, querystring: str) -> dict[str, Any]:
    return {
        "clientIp": request.client_ip,
        "headers": event_headers(request.headers),
        "method": request.method,
        "querystring": querystring,
        "uri": request.uri,
    }


def event_body(body: bytes, event_type: EventType) -> dict[str, Any]:
    """The body as a function that includes it sees it: always base64, cut at 40 KB or 1 MB."""
    limit = BODY_LIMITS[event_type]
    return {
        "action": "read-only",
        "data": base64.b64encode(body[:limit]).decode("ascii"),
        "encoding": "base64",
        "inputTruncated": len(body) > limit,
    }


def event_origin(origin: Origin, is_https: bool) -> dict[str, Any]:
    """The origin object of an origin event (page lambda-event-structure)."""
    shared: dict[str, Any] = {
        "customHeaders": event_headers(origin.custom_headers),
        "domainName": origin.domain_name,
        "path": origin.path,
        "readTimeout": origin.read_timeout,
    }
    if origin.response_completion_timeout is not None:
        shared["responseCompletionTimeout"] = origin.response_completion_timeout
    if origin.is_s3:
        return {"s3": shared | {"authMethod": origin.s3_auth_method, "region": origin.s3_region}}
    protocol = ("https" if is_https else "http") if origin.protocol == "match-viewer" else origin.protocol
    own = {
        "keepaliveTimeout": origin.keepalive_timeout,
        "port": origin.https_port if protocol == "https" else origin.http_port,
        "protocol": protocol,
        "sslProtocols": list(origin.ssl_protocols),
    }
    return {"custom": shared | own}


def event_response(response: OriginResponse) -> dict[str, Any]:
    """The body is never shown to response functions (page lambda-updating-http-responses)."""
    return {
        "headers": event_headers(response.headers),
        "status": str(response.status),
        "statusDescription": response.reason,
    }


def event(config: dict[str, str], request: dict[str, Any], response: dict[str, Any] | None = None) -> dict[str, Any]:
    """`config` is distributionDomainName, distributionId, eventType and requestId."""
    cf: dict[str, Any] = {"config": config, "request": request}
    if response is not None:
        cf["response"] = response
    return {"Records": [{"cf": cf}]}


def read_request(request: ViewerRequest, result: dict[str, Any], event_type: EventType) -> ViewerRequest:
    """The request after a valid result. A replaced body is cut at the function's limit."""
    body = result.get("body") or {}
    changed = replace(
        request, uri=result["uri"], querystring=result["querystring"], headers=read_headers(result["headers"])
    )
    if body.get("action") != "replace":
        return changed
    content = _decode(body.get("data", ""), body.get("encoding", "base64"))[: BODY_LIMITS[event_type]]
    headers = changed.headers.replace("Content-Length", str(len(content)))
    return replace(changed, body=content, headers=headers)


def read_response(result: dict[str, Any], before: OriginResponse | None) -> OriginResponse:
    """The response after a valid result. Without `body` in it the origin's own body stays.

    Headers that functions cannot see are carried over from `before`.
    """
    headers = read_headers(result.get("headers") or {})
    hidden = before.headers.where(is_disallowed) if before else Headers()
    body = before.body if before else b""
    if result.get("body") is not None:
        body = _decode(result["body"], result.get("bodyEncoding", "text"))
        headers = headers.replace("Content-Length", str(len(body)))
    return OriginResponse(int(result["status"]), result.get("statusDescription", ""), headers.plus(*hidden), body)


def _decode(text: str, encoding: str) -> bytes:
    return base64.b64decode(text) if encoding == "base64" else text.encode("utf-8", "surrogatepass")
