"""Which headers tell kept answers apart, and how they fit into a cache policy, which takes ten names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from infra.settings.key_headers import headers_of

if TYPE_CHECKING:
    from collections.abc import Set

    from infra.settings.model import CoreSettings
    from strategies.base import Needs

MAX_POLICY_HEADERS = 10
"""CloudFront's quota is 10 headers for each cache policy ("Quotas on headers")."""
KEY_HEADER = "x-router-key"
"""Written at viewer-request (functions/hash.js): a hash of the headers that the policy has no room for."""
KEY_FUNCTION = "key"
"""What runs there for that where the strategy has no function of its own."""
ALWAYS = ("authorization", "origin")
"""Authorization is forwarded, and CORS answers name the Origin."""
METHOD_OVERRIDES = ("x-http-method", "x-http-method-override", "x-method-override")
"""They reach no origin on a method whose answers are kept. In the key they are where nothing else needs the room, as
ever: a policy changes at once, while the last version of the function may still run."""
_ADDED_BY_CLOUDFRONT = "cloudfront-"
"""CloudFront adds such a header only where a policy names it, so none can be hashed before."""


@dataclass(frozen=True)
class HeaderKey:
    """`named` are in the cache policy. `hashed` are in the key by their hash in KEY_HEADER, in this order."""

    named: frozenset[str] = frozenset()
    hashed: tuple[str, ...] = ()
    digest: str = ""

    @property
    def covered(self) -> frozenset[str]:
        """The viewer's headers by which kept answers are told apart."""
        return self.named - {*METHOD_OVERRIDES} | {*self.hashed}


def header_key(settings: CoreSettings) -> HeaderKey:
    """What the cache policy has; nothing where no answer is kept.

    `digest` names the user's headers: a policy for others is another policy, for a changed one would be in force while
    the last version of the function still lets through what is no longer in the key.
    """
    if not settings.strategy_needs.is_cacheable:
        return HeaderKey()
    own, asked = _own(settings), headers_of(settings.key_headers)
    if not asked:
        return HeaderKey(own | {*METHOD_OVERRIDES})
    digest = digest_of(asked)
    if len(own | asked) <= MAX_POLICY_HEADERS:
        return HeaderKey(own | asked, digest=digest)
    by_name = {name for name in asked - own if name.startswith(_ADDED_BY_CLOUDFRONT)}
    return HeaderKey(own | by_name | {KEY_HEADER}, tuple(sorted(asked - own - by_name)), digest)


def digest_of(names: Set[str]) -> str:
    """What a policy for these headers is called by."""
    return sha256(",".join(sorted(names)).encode()).hexdigest()[:8]


def added_headers(settings: CoreSettings) -> frozenset[str]:
    """What CloudFront adds for the strategy, where no cache policy can ask for it: with caching off it names none."""
    needs = settings.strategy_needs
    names = frozenset[str]() if needs.is_cacheable else frozenset(name.lower() for name in needs.headers)
    return frozenset(name for name in names if name.startswith(_ADDED_BY_CLOUDFRONT))


def header_key_problem(settings: CoreSettings) -> str:
    """Why the headers that the settings ask for do not fit; "" where they do."""
    own = _own(settings)
    if len(header_key(settings).named) <= MAX_POLICY_HEADERS:
        return ""
    listed = ", ".join(sorted(own))
    return (
        "has more headers that begin with cloudfront- than there is room for, and no function can hash them: a cache"
        f" policy takes {MAX_POLICY_HEADERS}, and {listed} and {KEY_HEADER} are in it already: at most"
        f" {MAX_POLICY_HEADERS - len(own) - 1}"
    )


def needs_with_key(settings: CoreSettings) -> Needs:
    """What the strategy needs, and a function before the cache where only one can make the key."""
    needs = settings.strategy_needs
    if needs.viewer_function or not header_key(settings).hashed:
        return needs
    return replace(needs, viewer_function=KEY_FUNCTION, function_triggers=("viewer-request",))


def _own(settings: CoreSettings) -> frozenset[str]:
    needs = settings.strategy_needs
    override = settings.override.header.lower() if settings.override else ""
    host = "host" if forwards_host(settings) else ""
    return frozenset({*ALWAYS, *needs.headers, needs.version_header, override, host} - {""})


def forwards_host(settings: CoreSettings) -> bool:
    """Whether an origin gets the viewer's Host as it came; without Lambda, a function writes that of all but stable."""
    origins = settings.origins.values() if settings.strategy_needs.origin_request else [settings.origins["stable"]]
    return any(origin.host_header == "viewer" for origin in origins)
