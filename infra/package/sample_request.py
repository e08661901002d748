"""The events that a package is tried with: a request that has all that the strategy looks at, and its answer."""

from __future__ import annotations

import base64
import dataclasses
import json
from typing import Any

from infra.settings.stack import Stack
from strategies.base import Needs

VALUE = "edge-router-start"
"""The value of every cookie, header, parameter and field: nobody's session, token or tenant."""


def first_events(stack: Stack) -> list[dict[str, Any]]:
    """An origin-request and, where the function is attached there, the origin-response, as CloudFront sends them."""
    needs, settings = stack.settings.needs, stack.settings
    request = _request(needs, settings.options, settings.origins["stable"].domain_name)
    events = [_event("origin-request", request=request)]
    if needs.origin_response or settings.has_metrics:
        response: dict[str, Any] = {"headers": {}, "status": "200", "statusDescription": "OK"}
        events.append(_event("origin-response", request=request, response=response))
    return events


def _request(needs: Needs, options: Any, domain_name: str) -> dict[str, Any]:
    body = {"body": _body(options)} if needs.body else {}
    return {
        "clientIp": "203.0.113.178",
        "headers": {name: [{"key": name, "value": value}] for name, value in _headers(needs, domain_name).items()},
        "method": "POST" if needs.body else "GET",
        "origin": {"custom": _origin(domain_name)},
        "querystring": "&".join(f"{name}={VALUE}" for name in sorted(needs.query)),
        "uri": "/",
        **body,
    }


def _headers(needs: Needs, domain_name: str) -> dict[str, str]:
    """`stable?…` is what leaves the choice to the strategy (functions/canary.js)."""
    headers = {"host": domain_name, **dict.fromkeys(sorted(needs.headers), VALUE)}
    if needs.cookies:
        headers["cookie"] = "; ".join(f"{name}={VALUE}" for name in sorted(needs.cookies))
    if needs.version_header:
        headers[needs.version_header] = f"stable?{VALUE}"
    return headers


def _body(options: Any) -> dict[str, Any]:
    """An object with every field that the options may name."""
    named = [value for value in dataclasses.asdict(options).values() if value and isinstance(value, str)]
    data = base64.b64encode(json.dumps(dict.fromkeys(named, VALUE)).encode()).decode()
    return {"action": "read-only", "data": data, "encoding": "base64", "inputTruncated": False}


def _origin(domain_name: str) -> dict[str, Any]:
    return {
        "customHeaders": {},
        "domainName": domain_name,
        "keepaliveTimeout": 5,
        "path": "",
        "port": 443,
        "protocol": "https",
        "readTimeout": 30,
        "sslProtocols": ["TLSv1.2"],
    }


def _event(event_type: str, **parts: Any) -> dict[str, Any]:
    """ "Lambda@Edge event structure" (CloudFront Developer Guide)."""
    config = {
        "distributionDomainName": "d111111abcdef8.cloudfront.net",
        "distributionId": "EDFDVBD6EXAMPLE",
        "eventType": event_type,
        "requestId": VALUE,
    }
    return {"Records": [{"cf": {"config": config, **parts}}]}
