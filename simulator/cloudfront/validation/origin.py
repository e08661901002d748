"""Rules of the origin object that an origin-request function returns."""

from collections.abc import Iterator
from typing import Any

from simulator.cloudfront.http.errors import CUSTOM_HEADERS, EVENT_STRUCTURE, QUOTAS, Violation
from simulator.cloudfront.validation import headers as header_rules
from simulator.cloudfront_rules import (
    SSL_PROTOCOLS,
    are_ssl_protocols,
    domain_name_error,
    is_denied_custom_header,
    is_disallowed,
    is_origin_port,
    is_whole,
    origin_path_error,
)

_FIELDS = {
    "custom": str.split("customHeaders domainName keepaliveTimeout path port protocol readTimeout sslProtocols"),
    "s3": str.split("authMethod customHeaders domainName path"),
}


def origin_violations(given: Any, result: dict[str, Any]) -> Iterator[Violation]:
    """`given` is the event's origin object, `result` the whole request returned (page lambda-event-structure)."""
    origin = result.get("origin")
    kinds = [kind for kind in ("custom", "s3") if kind in origin] if isinstance(origin, dict) else []
    if not isinstance(origin, dict) or len(kinds) != 1 or not isinstance(origin[kinds[0]], dict):
        yield Violation("origin must hold exactly one object: custom or s3", "request.origin", EVENT_STRUCTURE)
        return
    kind, settings = kinds[0], origin[kinds[0]]
    where = f"request.origin.{kind}"
    for name in _FIELDS[kind]:
        if name not in settings:
            yield Violation(f"a {kind} origin needs {name}", f"{where}.{name}", EVENT_STRUCTURE)
    if error := origin_path_error(settings.get("path", ""), is_checked_for_encoding=kind == "custom"):
        yield Violation(f"path {error}", f"{where}.path", EVENT_STRUCTURE)
    yield from _shared_violations(settings, where)
    yield from _custom(settings, where) if kind == "custom" else _s3(settings, given, where)
    yield from _custom_headers(settings.get("customHeaders", {}), result.get("headers"), f"{where}.customHeaders")


def _shared_violations(settings: dict[str, Any], where: str) -> Iterator[Violation]:
    yield from _timeout(settings, "readTimeout", where)
    completion, least = settings.get("responseCompletionTimeout"), settings.get("readTimeout")
    low = least if isinstance(least, (int, float)) and not isinstance(least, bool) else 1
    if completion is not None and not is_whole(completion, low, float("inf")):
        rule = "responseCompletionTimeout must not be below readTimeout"
        yield Violation(rule, f"{where}.responseCompletionTimeout", EVENT_STRUCTURE)


def _timeout(settings: dict[str, Any], name: str, where: str) -> Iterator[Violation]:
    if name in settings and not is_whole(settings[name], 1, 120):
        yield Violation(f"{name} must be a number from 1 to 120", f"{where}.{name}", EVENT_STRUCTURE)


def _custom(settings: dict[str, Any], where: str) -> Iterator[Violation]:
    if "domainName" in settings:
        yield from _domain_name(settings["domainName"], f"{where}.domainName")
    if not is_origin_port(settings.get("port", 443)):
        yield Violation("port must be 80, 443 or from 1024 to 65535", f"{where}.port", EVENT_STRUCTURE)
    if settings.get("protocol", "https") not in ("http", "https"):
        yield Violation('protocol must be "http" or "https"', f"{where}.protocol", EVENT_STRUCTURE)
    yield from _timeout(settings, "keepaliveTimeout", where)
    if not are_ssl_protocols(settings.get("sslProtocols", ["TLSv1.2"])):
        rule = f"sslProtocols must be an array out of {', '.join(SSL_PROTOCOLS)}"
        yield Violation(rule, f"{where}.sslProtocols", EVENT_STRUCTURE)


def _domain_name(name: Any, where: str) -> Iterator[Violation]:
    if not isinstance(name, str) or not name:
        yield Violation("domainName must be a string that is not empty", where, EVENT_STRUCTURE)
    elif len(name) > 253:
        yield Violation("domainName must be at most 253 characters", where, EVENT_STRUCTURE)
    elif error := domain_name_error(name):
        yield Violation(f"domainName {error}", where, EVENT_STRUCTURE)


def _s3(settings: dict[str, Any], given: Any, where: str) -> Iterator[Violation]:
    name = settings.get("domainName", "bucket")
    if not isinstance(name, str) or not 0 < len(name) <= 128 or name != name.lower() or ":" in name:
        rule = "domainName must be the bucket's domain name: lower case, at most 128 characters"
        yield Violation(rule, f"{where}.domainName", EVENT_STRUCTURE)
    method = settings.get("authMethod", "none")
    if method not in ("none", "origin-access-identity"):
        yield Violation('authMethod must be "none" or "origin-access-identity"', f"{where}.authMethod", EVENT_STRUCTURE)
    if method == "origin-access-identity":
        if not isinstance(settings.get("region"), str) or not settings["region"]:
            yield Violation("authMethod origin-access-identity needs the region", f"{where}.region", EVENT_STRUCTURE)
        if isinstance(given, dict) and "custom" in given:
            rule = "an origin access identity cannot be used when the request changes from a custom origin to S3"
            yield Violation(rule, f"{where}.authMethod", EVENT_STRUCTURE)


def _custom_headers(custom: Any, request_headers: Any, where: str) -> Iterator[Violation]:
    """Pages add-origin-custom-headers, lambda-event-structure and, for the lengths, cloudfront-limits."""
    yield from header_rules.structure(custom, where)
    sent = header_rules.values_by_name(request_headers)
    total_length = 0
    for name, values in header_rules.values_by_name(custom).items():
        at = f"{where}.{name}"
        if name in sent:
            rule = f'the header "{name}" is also in request.headers; it may be in one of the two only'
            yield Violation(rule, at, EVENT_STRUCTURE)
        if is_denied_custom_header(name) or is_disallowed(name):
            yield Violation(f'CloudFront cannot add the header "{name}" to origin requests', at, CUSTOM_HEADERS)
        lengths = [len(value) for value in values if isinstance(value, str)]
        total_length += len(name) + sum(lengths)
        if len(name) > 256 or max(lengths, default=0) > 1783:
            rule = "a custom header's name is at most 256 characters, its value at most 1,783"
            yield Violation(rule, at, QUOTAS)
    if total_length > 10_240:
        yield Violation("custom headers are at most 10,240 characters together", where, QUOTAS)
