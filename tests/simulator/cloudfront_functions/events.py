"""Events of CloudFront Functions, as page functions-event-structure has them."""

from __future__ import annotations

from typing import Any

REQUEST_ID = "EXAMPLEntjQpEXAMPLE_SG5Z-EXAMPLEPmPfEXAMPLEu3EqEXAMPLE=="


def event(event_type: str = "viewer-request", **request: Any) -> dict[str, Any]:
    """`cookies`, `headers` and `querystring` are given as name to text, or to a list of texts."""
    fields = {kind: _fields(request.pop(kind, {})) for kind in ("querystring", "headers", "cookies")}
    built: dict[str, Any] = {
        "version": "1.0",
        "context": {
            "distributionDomainName": "d111111abcdef8.cloudfront.net",
            "distributionId": "EDFDVBD6EXAMPLE",
            "eventType": event_type,
            "requestId": REQUEST_ID,
        },
        "viewer": {"ip": "198.51.100.11"},
        "request": {"method": "GET", "uri": "/media/index.html"} | fields | request,
    }
    if event_type == "viewer-response":
        built["response"] = {
            "statusCode": 200,
            "statusDescription": "OK",
            "headers": {"content-type": {"value": "text/html"}, "via": {"value": "1.1 x (CloudFront)"}},
            "cookies": {},
        }
    return built


def _fields(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _field(value) for name, value in values.items()}


def _field(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"value": value}
    items = [{"value": text} for text in value]
    return {**items[0], "multiValue": items}
