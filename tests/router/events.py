"""CloudFront events for tests, in the shape of the page "Lambda@Edge event structure"."""

from __future__ import annotations

from typing import Any


def origin_request(
    *,
    cookies: str | list[str] = (),  # type: ignore[assignment]
    headers: dict[str, str] | None = None,
    querystring: str = "",
    body: dict[str, Any] | None = None,
    method: str = "GET",
    uri: str = "/",
    request_id: str = "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
    custom_headers: dict[str, Any] | None = None,
) -> dict[str, Any]:
    request: dict[str, Any] = {
        "clientIp": "203.0.113.178",
        "headers": {
            "x-forwarded-for": [{"key": "X-Forwarded-For", "value": "203.0.113.178"}],
            "user-agent": [{"key": "User-Agent", "value": "Amazon CloudFront"}],
            "via": [{"key": "Via", "value": "2.0 2afae0d44e2540f472c0635ab62c232b.cloudfront.net (CloudFront)"}],
            "host": [{"key": "Host", "value": "v1.example.com"}],
        },
        "method": method,
        "origin": {
            "custom": {
                "customHeaders": custom_headers or {},
                "domainName": "v1.example.com",
                "keepaliveTimeout": 5,
                "path": "",
                "port": 443,
                "protocol": "https",
                "readTimeout": 30,
                "sslProtocols": ["TLSv1.2"],
            }
        },
        "querystring": querystring,
        "uri": uri,
    }
    lines = [cookies] if isinstance(cookies, str) else list(cookies)
    if lines:
        request["headers"]["cookie"] = [{"key": "Cookie", "value": line} for line in lines]
    for name, value in (headers or {}).items():
        request["headers"][name.lower()] = [{"key": name, "value": value}]
    if body is not None:
        request["body"] = body
    return _event("origin-request", request_id, request)


def origin_response(
    request_event: dict[str, Any], *, status: str = "200", domain: str = "v1.example.com"
) -> dict[str, Any]:
    """The origin-response event that follows an origin-request event, answered by the origin with this domain."""
    cf = request_event["Records"][0]["cf"]
    request = cf["request"]
    origin = {"custom": request["origin"]["custom"] | {"domainName": domain}}
    event = _event("origin-response", cf["config"]["requestId"], request | {"origin": origin})
    event["Records"][0]["cf"]["response"] = {
        "status": status,
        "statusDescription": "OK",
        "headers": {"content-type": [{"key": "Content-Type", "value": "text/html"}]},
    }
    return event


def _event(kind: str, request_id: str, request: dict[str, Any]) -> dict[str, Any]:
    config = {
        "distributionDomainName": "d111111abcdef8.cloudfront.net",
        "distributionId": "EDFDVBD6EXAMPLE",
        "eventType": kind,
        "requestId": request_id,
    }
    return {"Records": [{"cf": {"config": config, "request": request}}]}
