"""The only module that touches CloudFront's dicts: event to Request and Response, Origin and cookies back into it.

Source of every shape: "Lambda@Edge event structure" (CloudFront Developer Guide).
"""

from __future__ import annotations

from router.model.record import is_object
from router.model.request import Body, Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from router.model.decision import Origin
    from router.model.response import Response

    Cf = dict[str, Any]
    """`Records[0].cf` of an event."""
    Addresses = dict[tuple[object, ...], list[Origin]]
    """Origins by protocol, domain, port and path."""


class EventError(ValueError):
    """The event is not one of CloudFront's."""


def read_cf(event: object) -> Cf:
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
    """The Request of any trigger's event, whose header names are lower-case."""
    request = cf["request"]
    headers: dict[str, Any] = request.get("headers") or {}
    return Request(
        method=request.get("method", "GET"),
        path=request.get("uri", "/"),
        query_string=request.get("querystring") or "",
        values_of=lambda name: [entry.get("value", "") for entry in headers.get(name) or ()],
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
    from router.model.response import Response  # here, for most requests never come to this trigger

    answered = addresses.get(_address(cf["request"].get("origin")), [])
    if len(answered) > 1:  # one address under several names: the Host header tells them apart
        host = cf["request"]["headers"].get("host", [{}])[0].get("value")
        answered = [origin for origin in answered if _host_header(origin) == host] or answered
    return Response(
        status=int(cf["response"]["status"]),
        origin=answered[0].name if answered else None,
        cache_control=_join(cf["response"], "cache-control"),
    )


def _join(response: Mapping[str, Any], name: str) -> str:
    headers: dict[str, Any] = response.get("headers") or {}
    return ", ".join(str(entry["value"]) for entry in headers.get(name, ()))


def _address(origin: object) -> tuple[object, ...]:
    found: object = origin.get("custom") or origin.get("s3") if is_object(origin) else None
    if not is_object(found):
        return ()
    return found.get("protocol", "https"), found.get("domainName"), found.get("port", 443), found.get("path", "")


def write_origin(cf: Cf, origin: Origin, own_headers: Mapping[str, str] | None = None) -> None:
    """Send the request to this origin, with the Host header it wants and headers of ours in place of the viewer's.

    One of ours that is "" takes the viewer's away.

    Custom headers of the distribution's origin stay; one of a viewer, or of ours, that has the same name goes, for
    CloudFront answers 502 when a name is in both. Host is writable at origin-request ("Restrictions on edge
    functions"). All is written or nothing, for an origin that gets another one's Host may serve another site:
    EventError where the event is broken.
    """
    request = cf["request"]
    given = custom_headers(request)
    headers = dict(_object(request.get("headers")))
    for name, value in (own_headers or {}).items():
        if value:
            headers[name] = [{"key": name, "value": value}]
        else:
            headers.pop(name, None)
    headers = _without(headers, given)
    if origin.host_header != "viewer":
        headers["host"] = [{"key": "Host", "value": _host_header(origin)}]
    written = {
        "customHeaders": given,
        "domainName": origin.domain_name,
        "keepaliveTimeout": origin.keepalive_timeout_seconds,
        "path": origin.path,
        "port": origin.port,
        "protocol": origin.protocol,
        "readTimeout": origin.read_timeout_seconds,
        "sslProtocols": list(origin.ssl_protocols),
    }
    request["headers"], request["origin"] = headers, {"custom": written}


def leave_origin(cf: Cf) -> None:
    """Let the request go on to the distribution's origin; of headers that this has too, only its own, as above.

    A request that makes no sense stays as it is.
    """
    request = cf["request"]
    try:
        request["headers"] = _without(_object(request.get("headers")), custom_headers(request))
    except EventError:
        return


def _without(headers: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    names = {name.lower() for name in given}
    return {name: entries for name, entries in headers.items() if name not in names} if names else headers


def _host_header(origin: Origin) -> str:
    return origin.domain_name if origin.host_header == "origin" else origin.host_header


def custom_headers(request: Mapping[str, Any]) -> dict[str, Any]:
    """The custom headers of the distribution's origin, as events have headers."""
    origin = _object(request.get("origin"))
    return _object(_object(origin.get("custom") or origin.get("s3")).get("customHeaders"))


def _object(value: object) -> dict[str, Any]:
    """An object that the event may leave out; EventError where something else is in its place."""
    if value is None:
        return {}
    if is_object(value):
        return value
    raise EventError("not a CloudFront event")


def public_headers(
    cf: Cf, origin: Origin, hosts: list[str], headers: dict[str, str], forwarded: str = ""
) -> dict[str, str]:
    """These headers for write_origin, and X-Forwarded-Host for an origin that does not receive the viewer's Host.

    `forwarded` is a part of Forwarded (RFC 7239), which is sent besides, with the host before it.

    The first of `hosts` is the canonical one, "" for the distribution's own domain name. Another one is named where
    the viewer's Host is in the event, that is where an origin receives it: a cache has it in its key then.
    """
    host = ""
    if origin.host_header != "viewer":
        host = _object(cf["request"].get("headers")).get("host", [{}])[0].get("value", "")
        host = host.lower().partition(":")[0].removesuffix(".")  # as RFC 9110, §4.2.3 has it
        if host not in hosts and f"*.{host.partition('.')[2]}" not in hosts:
            host = hosts[0] or _config_text(cf, "distributionDomainName")
    if forwarded:
        headers = {**headers, "forwarded": f'host="{host}";{forwarded}' if host else forwarded}
    return {**headers, "x-forwarded-host": host}
