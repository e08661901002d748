"""The table of strategies: the config's name, and the class behind it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from strategies.base import Strategy

STRATEGIES = {
    "sticky-session": "strategies.sticky_session:StickySession",
    "cookie-version": "strategies.cookie_version:CookieVersion",
    "jwt-iat": "strategies.jwt_iat:JwtIat",
    "tenant-lookup": "strategies.tenant_lookup:TenantLookup",
    "fastest-origin": "strategies.fastest_origin:FastestOrigin",
    "tier": "strategies.tier:Tier",
}
"""Name to "module:class"; modules are imported on demand, because a package has only the chosen one."""


def load(name: str) -> type[Strategy]:
    """Import the class of a strategy; KeyError for an unknown name."""
    module, _, class_name = STRATEGIES[name].partition(":")
    return getattr(__import__(module, fromlist=[class_name]), class_name)
