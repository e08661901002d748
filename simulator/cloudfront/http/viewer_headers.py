"""The CloudFront-* request headers that describe the viewer (page adding-cloudfront-headers)."""

from __future__ import annotations

from simulator.cloudfront.http.messages import ViewerRequest
from simulator.cloudfront.http.regions import edge_region

_SPELLINGS = {"is-ios-viewer": "Is-IOS-Viewer", "is-smarttv-viewer": "Is-SmartTV-Viewer", "viewer-tls": "Viewer-TLS"}


def viewer_header(name: str, request: ViewerRequest, region: str) -> str | None:
    """The value of one CloudFront-* header (name in lower case); None for those that nothing here can know.

    Not known on a laptop, so absent as CloudFront leaves them out where it does not know: city, postal code,
    coordinates, time zone, network (ASN), header order and TLS fingerprints.
    """
    return _values(request, region).get(name.removeprefix("cloudfront-"))


def spelled(name: str) -> str:
    """`cloudfront-viewer-country` → `CloudFront-Viewer-Country`."""
    rest = name.removeprefix("cloudfront-")
    return "CloudFront-" + _SPELLINGS.get(rest, "-".join(part.capitalize() for part in rest.split("-")))


def _values(request: ViewerRequest, region: str) -> dict[str, str]:
    agent = (request.headers.get("user-agent") or "").lower()
    is_tablet = "ipad" in agent or "tablet" in agent or ("android" in agent and "mobile" not in agent)
    is_tv = "smart-tv" in agent or "smarttv" in agent or "appletv" in agent
    is_mobile = "mobile" in agent or "iphone" in agent or is_tablet
    values = {
        "forwarded-proto": "https" if request.is_https else "http",
        "is-android-viewer": _claim("android" in agent),
        "is-desktop-viewer": _claim(not (is_mobile or is_tv)),
        "is-ios-viewer": _claim("iphone" in agent or "ipad" in agent),
        "is-mobile-viewer": _claim(is_mobile),
        "is-smarttv-viewer": _claim(is_tv),
        "is-tablet-viewer": _claim(is_tablet),
        "viewer-address": f"{request.client_ip}:{request.client_port}",
        "viewer-country": request.country or edge_region(region).country,
        "viewer-http-version": request.http_version,
    }
    if request.is_https:
        values["viewer-tls"] = "TLSv1.3:TLS_AES_128_GCM_SHA256:fullHandshake"
    return values


def _claim(is_true: bool) -> str:
    return "true" if is_true else "false"
