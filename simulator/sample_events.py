"""Events as CloudFront sends them, to try functions with: the sample of page lambda-event-structure, with changes."""

from collections.abc import Mapping, Sequence
from typing import Any

SAMPLE_REQUEST_ID = "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ=="


def origin_request(
    *,
    cookies: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
    custom_headers: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
    request_id: str = SAMPLE_REQUEST_ID,
    **fields: Any,
) -> dict[str, Any]:
    """A GET of `/` for v1.example.com, which is the origin too.

    `cookies` are Cookie entries; `headers` come besides, or instead of the sample's of the same name. `custom_headers`
    are the origin's, as events have them, `body` is the request's, and `fields` are method, uri and querystring.
    """
    request: dict[str, Any] = {
        "clientIp": "203.0.113.178",
        "headers": {
            "x-forwarded-for": [{"key": "X-Forwarded-For", "value": "203.0.113.178"}],
            "user-agent": [{"key": "User-Agent", "value": "Amazon CloudFront"}],
            "via": [{"key": "Via", "value": "2.0 2afae0d44e2540f472c0635ab62c232b.cloudfront.net (CloudFront)"}],
            "host": [{"key": "Host", "value": "v1.example.com"}],
            **({"cookie": [{"key": "Cookie", "value": entry} for entry in cookies]} if cookies else {}),
            **{name.lower(): [{"key": name, "value": value}] for name, value in (headers or {}).items()},
        },
        "method": "GET",
        "origin": {"custom": custom_origin(customHeaders=dict(custom_headers or {}))},
        "querystring": "",
        "uri": "/",
    }
    if body is not None:
        request["body"] = dict(body)
    return _event("origin-request", request_id, request | fields)


def origin_response(
    request_event: Mapping[str, Any], *, status: str = "200", domain: str = "v1.example.com"
) -> dict[str, Any]:
    """The event that follows an origin-request event, answered by the origin with this domain."""
    cf = request_event["Records"][0]["cf"]
    origin = {"custom": cf["request"]["origin"]["custom"] | {"domainName": domain}}
    event = _event("origin-response", cf["config"]["requestId"], cf["request"] | {"origin": origin})
    event["Records"][0]["cf"]["response"] = {
        "headers": {"content-type": [{"key": "Content-Type", "value": "text/html"}]},
        "status": status,
        "statusDescription": "OK",
    }
    return event


def custom_origin(**changes: Any) -> dict[str, Any]:
    """The origin of the sample, changed."""
    sample: dict[str, Any] = {
        "customHeaders": {},
        "domainName": "v1.example.com",
        "keepaliveTimeout": 5,
        "path": "",
        "port": 443,
        "protocol": "https",
        "readTimeout": 30,
        "sslProtocols": ["TLSv1.2"],
    }
    return sample | changes


def _event(event_type: str, request_id: str, request: dict[str, Any]) -> dict[str, Any]:
    config = {
        "distributionDomainName": "d111111abcdef8.cloudfront.net",
        "distributionId": "EDFDVBD6EXAMPLE",
        "eventType": event_type,
        "requestId": request_id,
    }
    return {"Records": [{"cf": {"config": config, "request": request}}]}
