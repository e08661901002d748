"""Events of CloudFront Functions, in the shape of the page "CloudFront Functions event structure"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from router.model.request import Request

Values = Mapping[str, str | Sequence[str]]


def viewer_request(
    *,
    query: Values | None = None,
    headers: Values | None = None,
    cookies: Values | None = None,
    request_id: str = "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
) -> dict[str, Any]:
    """Several values under one name are as CloudFront has them: the first one, and all of them in multiValue."""
    return {
        "version": "1.0",
        "context": {
            "distributionDomainName": "d111111abcdef8.cloudfront.net",
            "distributionId": "EDFDVBD6EXAMPLE",
            "eventType": "viewer-request",
            "requestId": request_id,
        },
        "viewer": {"ip": "203.0.113.178"},
        "request": {
            "method": "GET",
            "uri": "/",
            "querystring": _entries(query),
            "headers": _entries({"host": "d111111abcdef8.cloudfront.net", **_lower(headers)}),
            "cookies": _entries(cookies),
        },
    }


def viewer_response(event: Mapping[str, Any], *, status: int = 200, **cookies: str) -> dict[str, Any]:
    """The event that follows a viewer-request event, with the viewer's request as it came."""
    response = {"statusCode": status, "statusDescription": "OK", "headers": {}, "cookies": _entries(cookies)}
    return {**event, "context": {**event["context"], "eventType": "viewer-response"}, "response": response}


def request_of(
    *, query: Values | None = None, headers: Values | None = None, cookies: Values | None = None, request_id: str = ""
) -> Request:
    """The same request as the router models it."""
    pairs = [f"{name}={value}" for name, values in (cookies or {}).items() for value in _list(values)]
    return Request(
        query_string="&".join(f"{name}={value}" for name, values in (query or {}).items() for value in _list(values)),
        headers={**_lower(headers), **({"cookie": ["; ".join(pairs)]} if pairs else {})},
        request_id=request_id,
    )


def _entries(values: Values | None) -> dict[str, Any]:
    return {name: _entry(_list(given)) for name, given in (values or {}).items()}


def _entry(values: Sequence[str]) -> dict[str, Any]:
    if len(values) == 1:
        return {"value": values[0]}
    return {"value": values[0], "multiValue": [{"value": value} for value in values]}


def _lower(headers: Values | None) -> dict[str, str | Sequence[str]]:
    return {name.lower(): values for name, values in (headers or {}).items()}


def _list(values: str | Sequence[str]) -> Sequence[str]:
    return [values] if isinstance(values, str) else values
