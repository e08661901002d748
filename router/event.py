"""The only module that touches CloudFront's dicts: event to Request and Response, Origin and cookies back into it.

Source of every shape: "Lambda@Edge event structure" (CloudFront Developer Guide).
"""

from __future__ import annotations

from router.request import Body, Request
from router.shapes import is_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from router.origin import Origin
    from router.response import Response

    Cf = dict[str, Any]
    """`Records[0].cf` of an event."""
    Addresses = dict[tuple[object, ...], list[Origin]]
    """Origins by protocol, domain, port and path."""


class EventError(ValueError):
    """The event is not one of CloudFront's."""


def cf_of(event: object) -> Cf:
    """The `cf` part of an event that has at least a request; EventError otherwise."""
    given: Any = event
    try:
        cf: object = given["Records"][0]["cf"]
    except (KeyError, IndexError, TypeError):
        cf = None
    if is_object(cf) and is_object(cf.get("request")):
        return cf
    raise EventError("not a CloudFront event")


def event_type(cf: Cf) -> str:
    """viewer-request, origin-request, origin-response, viewer-response, or "" where the event does not say."""
    return _config_text(cf, "eventType")


def request_id(cf: Cf) -> str:
    """CloudFront's id of the request, the same in every trigger; "" where the event does not say."""
    return _config_text(cf, "requestId")


def _config_text(cf: Cf, name: str) -> str:
    config: object = cf.get("config")
    return str(config.get(name, "")) if is_object(config) else ""


def read_request(cf: Cf, region: str) -> Request:
    """The Request of any trigger's event."""
    request = cf["request"]
    return Request(
        method=request.get("method", "GET"),
        path=request.get("uri", "/"),
        query_string=request.get("querystring", ""),
        headers={
            name: [entry.get("value", "") for entry in entries] for name, entries in request.get("headers", {}).items()
        },
        body=_read_body(request.get("body")),
        client_ip=request.get("clientIp", ""),
        request_id=request_id(cf),
        region=region,
    )


def _read_body(body: Mapping[str, Any] | None) -> Body | None:
    if not body:
        return None
    return Body(body.get("data", ""), body.get("encoding", "base64"), bool(body.get("inputTruncated")))


def by_address(origins: Iterable[Origin]) -> Addresses:
    """Origins by where they are, for read_response."""
    addresses: Addresses = {}
    for origin in origins:
        address = origin.protocol, origin.domain_name, origin.port, origin.path
        addresses.setdefault(address, []).append(origin)
    return addresses


def read_response(cf: Cf, addresses: Addresses) -> Response:
    """The Response of an origin-response event, with the name of the origin whose address the request went to."""
    from router.response import Response  # here, for most requests never come to this trigger

    answered = addresses.get(_address(cf["request"].get("origin")), [])
    if len(answered) > 1:  # one address under several names: the Host header tells them apart
        host = cf["request"]["headers"].get("host", [{}])[0].get("value")
        answered = [origin for origin in answered if _host_of(origin) == host] or answered
    return Response(
        status=int(cf["response"]["status"]),
        origin=answered[0].name if answered else None,
        cache_control=_joined(cf["response"], "cache-control"),
    )


def _joined(response: Mapping[str, Any], name: str) -> str:
    headers: dict[str, Any] = response.get("headers") or {}
    return ", ".join(str(entry["value"]) for entry in headers.get(name, ()))


def _address(origin: object) -> tuple[object, ...]:
    custom: object = origin.get("custom") if is_object(origin) else None
    if not is_object(custom):
        return ()
    return custom.get("protocol"), custom.get("domainName"), custom.get("port"), custom.get("path", "")


def write_origin(cf: Cf, origin: Origin) -> None:
    """Send the request to this origin, with the Host header it wants.

    Custom headers of the distribution's origin stay; a viewer's header of the same name goes, for CloudFront answers
    502 when a name is in both. Host is writable at origin-request ("Restrictions on edge functions").
    """
    request = cf["request"]
    custom_headers = _custom_headers(request)
    for name in custom_headers:
        request["headers"].pop(name.lower(), None)
    request["origin"] = {
        "custom": {
            "customHeaders": custom_headers,
            "domainName": origin.domain_name,
            "keepaliveTimeout": origin.keepalive_timeout_seconds,
            "path": origin.path,
            "port": origin.port,
            "protocol": origin.protocol,
            "readTimeout": origin.read_timeout_seconds,
            "sslProtocols": list(origin.ssl_protocols),
        }
    }
    if origin.host_header != "viewer":
        request["headers"]["host"] = [{"key": "Host", "value": _host_of(origin)}]


def write_header(cf: Cf, name: str, value: str) -> None:
    """Send a header to the origin, in place of the viewer's.

    Not where the distribution's origin has one of that name: CloudFront answers 502 when a name is in both.
    """
    request = cf["request"]
    if name not in {custom.lower() for custom in _custom_headers(request)}:
        request["headers"][name] = [{"key": name, "value": value}]


def _host_of(origin: Origin) -> str:
    return origin.domain_name if origin.host_header == "origin" else origin.host_header


def _custom_headers(request: Mapping[str, Any]) -> dict[str, Any]:
    origin: Any = request.get("origin") or {}
    kept: Any = origin.get("custom") or origin.get("s3") or {}
    return kept.get("customHeaders") or {}


def write_cookies(cf: Cf, cookies: Iterable[str]) -> None:
    """Add Set-Cookie headers to the response, after those of the origin."""
    headers = cf["response"].setdefault("headers", {})
    for cookie in cookies:
        headers.setdefault("set-cookie", []).append({"key": "Set-Cookie", "value": cookie})
