"""A browser's request as CloudFront Functions get it."""

from __future__ import annotations

from typing import Any

from simulator.cloudfront_functions import FunctionRuntime


def browser_event(**query: str) -> dict[str, Any]:
    """A GET as a browser sends it: a dozen headers and three cookies of the site's own."""
    cookies = {"theme": "dark", "lang": "en-GB", "consent": "1.eyJhbmFseXRpY3MiOmZhbHNlfQ"}
    return {
        "version": "1.0",
        "context": {
            "distributionDomainName": "d111111abcdef8.cloudfront.net",
            "distributionId": "EDFDVBD6EXAMPLE",
            "eventType": "viewer-request",
            "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
        },
        "viewer": {"ip": "203.0.113.178"},
        "request": {
            "method": "GET",
            "uri": "/products/42",
            "querystring": {name: {"value": value} for name, value in query.items()},
            "headers": {name: {"value": value} for name, value in _BROWSER_HEADERS.items()},
            "cookies": {name: {"value": value} for name, value in cookies.items()},
        },
    }


def returning_visitor(engine: FunctionRuntime) -> dict[str, Any]:
    """The event of a visitor with the cookie that the function itself sets at viewer-response."""
    event = browser_event()
    response: dict[str, Any] = {"statusCode": 200, "statusDescription": "OK", "headers": {}, "cookies": {}}
    context = {**event["context"], "eventType": "viewer-response"}
    found = engine.run({**event, "context": context, "response": response})
    [(name, cookie)] = found.result["cookies"].items()
    event["request"]["cookies"][name] = {"value": cookie["value"]}
    return event


_BROWSER_HEADERS = {
    "host": "www.example.com",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "accept-language": "en-GB,en;q=0.5",
    "accept-encoding": "gzip, deflate, br, zstd",
    "referer": "https://www.example.com/products",
    "upgrade-insecure-requests": "1",
    "sec-fetch-dest": "document",
    "sec-fetch-mode": "navigate",
    "sec-fetch-site": "same-origin",
    "sec-fetch-user": "?1",
    "priority": "u=0, i",
}
