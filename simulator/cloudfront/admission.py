"""Rejections of requests before any function, cache or origin takes part."""

from simulator.cloudfront.config.behaviors import Behavior
from simulator.cloudfront.http.errors import EdgeError
from simulator.cloudfront.http.headers import encode
from simulator.cloudfront.http.messages import ViewerRequest
from simulator.cloudfront_rules import HEADERS_LIMIT_BYTES, URL_LIMIT_BYTES


def check_sizes(request: ViewerRequest, domain_name: str) -> None:
    """414 for a URL over 8,192 bytes, 494 for request headers over 32,768 (page cloudfront-limits)."""
    host = request.headers.get("host") or domain_name
    url = f"{'https' if request.is_https else 'http'}://{host}{request.target}"
    if len(encode(url)) > URL_LIMIT_BYTES:
        raise EdgeError(414, f"The URL is longer than {URL_LIMIT_BYTES} bytes.")
    if request.headers.byte_count > HEADERS_LIMIT_BYTES:
        raise EdgeError(494, f"The request headers are larger than {HEADERS_LIMIT_BYTES} bytes.")


def check_admission(request: ViewerRequest, behavior: Behavior, domain_name: str) -> None:
    """Viewer protocol policy, allowed methods, and no body with GET.

    Sources: pages using-https-viewers-to-cloudfront, DownloadDistValuesCacheBehavior and
    RequestAndResponseBehaviorCustomOrigin ("GET requests that include a body").
    """
    if not request.is_https and behavior.viewer_protocol_policy != "allow-all":
        _refuse_http(request, behavior, domain_name)
    if request.method not in behavior.allowed_methods:
        raise EdgeError(403, f"This distribution is not configured to allow the HTTP request method {request.method}.")
    if request.method == "GET" and request.body:
        raise EdgeError(403, "Bad request: a GET request must not include a body.")


def _refuse_http(request: ViewerRequest, behavior: Behavior, domain_name: str) -> None:
    can_redirect = request.method in ("GET", "HEAD") or request.http_version != "1.0"
    if behavior.viewer_protocol_policy == "https-only" or not can_redirect:
        raise EdgeError(403, "Only HTTPS requests are allowed.")
    status = 301 if request.method in ("GET", "HEAD") else 307
    location = f"https://{request.headers.get('host') or domain_name}{request.target}"
    raise EdgeError(status, "Redirected to HTTPS.", "Redirect", location=location)
