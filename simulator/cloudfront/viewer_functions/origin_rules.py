"""The rules for what updateRequestOrigin and selectRequestOriginById are given."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from simulator.cloudfront.config.origins import Origin
from simulator.cloudfront.http.errors import Violation
from simulator.cloudfront_functions import OriginUpdate
from simulator.cloudfront_rules import (
    SSL_PROTOCOLS,
    are_ssl_protocols,
    domain_name_error,
    has_control_characters,
    is_denied_custom_header,
    is_disallowed,
    is_origin_port,
    is_whole,
    origin_path_error,
)

Check = Callable[[Any], str]

PAGE = "helper-functions-origin-modification"
_OVERRIDES = ("hostHeader", "sni", "allowedCertificateNames")


def origin_violations(
    asked: OriginUpdate, origins: Mapping[str, Origin], request_headers: Mapping[str, Any]
) -> list[Violation]:
    """Every rule that a call breaks. `request_headers` are those that the function returned.

    AWS does not say whether a wrong call throws or is a 502; here it is a 502 that a function cannot catch, so that a
    function has to know what it asks for.
    """
    return list(_selection(asked, origins) if asked.is_selection else _update(asked.update, request_headers))


def _selection(asked: OriginUpdate, origins: Mapping[str, Origin]) -> Iterator[Violation]:
    if not isinstance(asked.id, str) or asked.id not in origins:
        rule = f"the distribution has no such origin, only {', '.join(origins)}"
        yield Violation(rule, f"selectRequestOriginById({asked.id!r})", PAGE)
    if not isinstance(asked.update, dict):
        yield Violation("the overrides must be an object", "selectRequestOriginById", PAGE)
        return
    for name in sorted(asked.update.keys() - set(_OVERRIDES)):
        yield Violation(f"unknown; the overrides are {', '.join(_OVERRIDES)}", f"selectRequestOriginById.{name}", PAGE)
    yield from _update_violations(asked.update, "selectRequestOriginById")


def _update(update: object, request_headers: Mapping[str, Any]) -> Iterator[Violation]:
    where = "updateRequestOrigin"
    if not isinstance(update, dict):
        yield Violation("the origin properties must be an object", where, PAGE)
        return
    for name in sorted(update.keys() - _CHECKS.keys()):
        yield Violation(f"unknown; the origin properties are {', '.join(_CHECKS)}", f"{where}.{name}", PAGE)
    yield from _update_violations(update, where)
    custom = update.get("customHeaders")
    for name in sorted(custom.keys() & request_headers.keys()) if isinstance(custom, dict) else []:
        rule = f'the header "{name}" is also in request.headers; it may be in one of the two only'
        yield Violation(rule, f"{where}.customHeaders.{name}", PAGE)
    if "ipAddressType" in update and "domainName" not in update:
        yield Violation("can only change together with domainName", f"{where}.ipAddressType", PAGE)


def _update_violations(update: dict[str, Any], where: str) -> Iterator[Violation]:
    for name, check in _CHECKS.items():
        if name in update and (rule := check(update[name])):
            yield Violation(rule, f"{where}.{name}", PAGE)


def _name(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 253:
        return "must be a string of 1 to 253 characters"
    return domain_name_error(value)


def _custom_headers(value: Any) -> str:
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        return "must be an object of lower-case names to strings"
    for name, text in value.items():
        if name != name.lower() or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9a-z-]{1,256}", name):
            return f'"{name}" is not a header name in lower case'
        if is_denied_custom_header(name) or is_disallowed(name):
            return f'CloudFront cannot add the header "{name}" to origin requests (AWS page add-origin-custom-headers)'
        if len(text) > 1783 or has_control_characters(text):
            return f'the value of "{name}" must be at most 1,783 characters, none of them control characters'
    return ""


def _whole(low: int, high: float) -> Check:
    def check(value: Any) -> str:
        return "" if is_whole(value, low, high) else f"must be a whole number from {low} to {high:g}"

    return check


_TIMEOUTS: dict[str, Check] = {
    "readTimeout": _whole(1, 120),
    "responseCompletionTimeout": _whole(1, 3600),
    "keepAliveTimeout": _whole(1, 120),
    "connectionTimeout": _whole(1, 10),
}


def _timeouts(value: Any) -> str:
    if not isinstance(value, dict):
        return "must be an object"
    for name, given in value.items():
        rule = _TIMEOUTS[name](given) if name in _TIMEOUTS else f"is unknown; there are {', '.join(_TIMEOUTS)}"
        if rule:
            return f"{name} {rule}"
    if value.get("responseCompletionTimeout", 3600) < value.get("readTimeout", 1):
        return "responseCompletionTimeout must not be below readTimeout"
    return ""


def _custom_origin(value: Any) -> str:
    needed = {"port", "protocol", "sslProtocols"}
    if not isinstance(value, dict) or not needed <= value.keys() <= needed | {"ipAddressType"}:
        return "must be an object of port, protocol and sslProtocols"
    if not is_origin_port(value["port"]):
        return "port must be 80, 443 or from 1024 to 65535"
    if value["protocol"] not in ("http", "https"):
        return 'protocol must be "http" or "https"'
    if not are_ssl_protocols(value["sslProtocols"]):
        return f"sslProtocols must be an array out of {', '.join(SSL_PROTOCOLS)}"
    return _ip_address_type(value.get("ipAddressType", "ipv4"))


def _ip_address_type(value: Any) -> str:
    return "" if value in ("ipv4", "ipv6", "dualstack") else "ipAddressType must be ipv4, ipv6 or dualstack"


def _access_control(value: Any) -> str:
    if not isinstance(value, dict) or not isinstance(value.get("enabled"), bool):
        return "must be an object with enabled true or false"
    allowed = {
        "signingBehavior": ("always", "never", "no-override"),
        "signingProtocol": ("sigv4",),
        "originType": ("s3", "mediapackagev2", "mediastore", "lambda"),
    }
    for name, choices in allowed.items():
        if value["enabled"] and value.get(name) not in choices:
            return f"{name} must be one of {', '.join(choices)}"
    return ""


def _shield(value: Any) -> str:
    if not isinstance(value, dict) or not isinstance(value.get("enabled"), bool):
        return "must be an object with enabled true or false"
    return "Origin Shield is not simulated" if value["enabled"] else ""


def _certificates(value: Any) -> str:
    is_list = isinstance(value, list) and len(value) <= 20
    if is_list and all(isinstance(item, str) and len(item) <= 64 for item in value):
        return ""
    return "must be at most 20 names of at most 64 characters"


_CHECKS: dict[str, Check] = {
    "domainName": _name,
    "hostHeader": _name,
    "originPath": origin_path_error,
    "customHeaders": _custom_headers,
    "connectionAttempts": _whole(1, 3),
    "originShield": _shield,
    "originAccessControlConfig": _access_control,
    "timeouts": _timeouts,
    "customOriginConfig": _custom_origin,
    "ipAddressType": _ip_address_type,
    "sni": _name,
    "allowedCertificateNames": _certificates,
}
