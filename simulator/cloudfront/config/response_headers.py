"""Response headers policies: what CloudFront adds to answers (page adding-response-headers)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pulumi_state.resources import living_resources
from pulumi_state.values import StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.cloudfront.http.headers import Headers

_TYPE = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"
_REFUSED = ("corsConfig", "removeHeadersConfig", "serverTimingHeadersConfig")


@dataclass(frozen=True)
class AddedHeader:
    """One header; where it does not override, the origin's own stands."""

    name: str
    value: str
    overrides: bool = False


@dataclass(frozen=True)
class ResponseHeadersPolicy:
    """The headers that a policy adds."""

    added: tuple[AddedHeader, ...] = ()

    def apply(self, headers: Headers) -> Headers:
        """The answer's headers with the policy's."""
        for one in self.added:
            if one.overrides or one.name not in headers:
                headers = headers.replace(one.name, one.value)
        return headers


# Page using-managed-response-headers-policies, SecurityHeadersPolicy.
MANAGED = {
    "67f7725c-6f97-4210-82d7-5512b31e9d03": ResponseHeadersPolicy(
        (
            AddedHeader("Strict-Transport-Security", "max-age=31536000"),
            AddedHeader("X-Content-Type-Options", "nosniff", overrides=True),
            AddedHeader("X-Frame-Options", "SAMEORIGIN"),
            AddedHeader("X-XSS-Protection", "1; mode=block"),
            AddedHeader("Referrer-Policy", "strict-origin-when-cross-origin"),
        )
    )
}


def response_headers_policies(state: dict[str, Any]) -> dict[str, ResponseHeadersPolicy]:
    """All that a distribution of the state may name, by id. Raises StateError for what is not simulated."""
    found = dict(MANAGED)
    for resource in living_resources(state, _TYPE):
        for part in _REFUSED:
            if resource.properties.get(part):
                raise StateError(f"{resource.label}: {part} is not simulated")
        found[resource.id] = ResponseHeadersPolicy(tuple(_added_headers(resource.properties)))
    return found


def _added_headers(properties: dict[str, Any]) -> Iterator[AddedHeader]:
    yield from _security(properties.get("securityHeadersConfig") or {})
    for item in (properties.get("customHeadersConfig") or {}).get("items") or []:
        yield AddedHeader(str(item["header"]), str(item["value"]), bool(item.get("override")))


def _security(config: dict[str, Any]) -> Iterator[AddedHeader]:
    """Page understanding-response-headers-policies, "Security headers"."""
    values: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
        "contentSecurityPolicy": ("Content-Security-Policy", lambda part: part["contentSecurityPolicy"]),
        "contentTypeOptions": ("X-Content-Type-Options", lambda _part: "nosniff"),
        "frameOptions": ("X-Frame-Options", lambda part: part["frameOption"]),
        "referrerPolicy": ("Referrer-Policy", lambda part: part["referrerPolicy"]),
        "strictTransportSecurity": ("Strict-Transport-Security", _strict_transport),
        "xssProtection": ("X-XSS-Protection", _xss_protection),
    }
    for key, (name, value) in values.items():
        if part := config.get(key):
            yield AddedHeader(name, str(value(part)), bool(part.get("override")))


def _strict_transport(part: dict[str, Any]) -> str:
    flags = {"includeSubdomains": "includeSubDomains", "preload": "preload"}
    said = [f"max-age={int(part['accessControlMaxAgeSec'])}"]
    return "; ".join(said + [word for key, word in flags.items() if part.get(key)])


def _xss_protection(part: dict[str, Any]) -> str:
    said = ["1" if part.get("protection") else "0"]
    said += ["mode=block"] if part.get("modeBlock") else []
    said += [f"report={part['reportUri']}"] if part.get("reportUri") else []
    return "; ".join(said)
