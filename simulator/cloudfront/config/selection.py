"""Picks cookies, query parameters, the normalized Accept-Encoding and CloudFront-* headers out of a viewer request."""

from collections.abc import Iterable
from urllib.parse import unquote_plus

from pulumi_state.policies import CachePolicy, Selection
from simulator.cloudfront.http.headers import Headers
from simulator.cloudfront.http.messages import ViewerRequest
from simulator.cloudfront.http.regions import edge_region


def cookie_pairs(headers: Headers) -> list[tuple[str, str]]:
    """All cookies of all Cookie fields, sorted by name.

    Only name=value pairs count, and names starting with `$` are dropped (page Cookies; RFC 6265 §4.2.1).
    """
    pairs: list[tuple[str, str]] = []
    for field in headers.all("cookie"):
        for part in field.split(";"):
            name, separator, value = part.strip().partition("=")
            if separator and name and not name.startswith("$"):
                pairs.append((name, value))
    return sorted(pairs, key=lambda pair: pair[0])


def selected_cookies(headers: Headers, selections: Iterable[Selection]) -> list[tuple[str, str]]:
    wanted = list(selections)
    return [pair for pair in cookie_pairs(headers) if any(selection.takes(pair[0]) for selection in wanted)]


def selected_query(querystring: str, selections: Iterable[Selection]) -> str:
    """The parameters taken, as the viewer wrote and ordered them; names compare decoded and case-sensitively."""
    wanted = [selection for selection in selections if selection.mode != "none"]
    if any(selection.mode == "all" for selection in wanted):
        return querystring
    kept = [part for part in querystring.split("&") if part and any(item.takes(_name(part)) for item in wanted)]
    return "&".join(kept)


def _name(part: str) -> str:
    return unquote_plus(part.partition("=")[0])


def normalized_accept_encoding(headers: Headers, policy: CachePolicy) -> str | None:
    """`br,gzip`, `gzip`, `br` or, where the viewer takes neither, `identity`; None where it sends no Accept-Encoding.

    Only for policies that normalize it; "identity" goes to the origin but not into the key (page
    cache-key-understand-cache-policy, "Compression support").
    """
    accepted = _accepted_encodings(headers)
    if accepted is None:
        return None
    encodings = [
        name
        for name, is_taken in (("br", policy.takes_brotli), ("gzip", policy.takes_gzip))
        if is_taken and name in accepted
    ]
    return ",".join(encodings) or "identity"


def _accepted_encodings(headers: Headers) -> set[str] | None:
    value = headers.join("accept-encoding")
    if value is None:
        return None
    accepted: set[str] = set()
    for part in value.split(","):
        coding, _, weight = part.partition(";")
        if weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            accepted.add(coding.strip().lower())
    return accepted


_SPELLINGS = {"is-ios-viewer": "Is-IOS-Viewer", "is-smarttv-viewer": "Is-SmartTV-Viewer", "viewer-tls": "Viewer-TLS"}


def viewer_header(name: str, request: ViewerRequest, region: str) -> str | None:
    """The value of one CloudFront-* header (name in lower case); None for those that nothing here can know.

    Not known on a laptop, so absent as CloudFront leaves them out where it does not know: city, postal code,
    coordinates, time zone, network (ASN), header order and TLS fingerprints.
    """
    return _values(request, region).get(name.removeprefix("cloudfront-"))


def spell(name: str) -> str:
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
