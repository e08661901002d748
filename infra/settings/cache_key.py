"""Headers in the cache key: the key `keyHeaders`, and how they fit into a cache policy, which takes ten names."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated

from infra.config.base_model import Text
from infra.config.rules import duplicate_error, own_header_error, rule
from router.model import names

if TYPE_CHECKING:
    from collections.abc import Set

    from infra.settings.model import CoreSettings
    from strategies.base import Needs

GROUPS: dict[str, tuple[str, ...]] = {
    # The headers that responses of the App Router vary by (FLIGHT_HEADERS and NEXT_URL in Next.js's
    # app-router-headers.ts), and the one that requests data instead of a page from the Pages Router.
    "next": (
        "rsc",
        "next-router-state-tree",
        "next-router-prefetch",
        "next-router-segment-prefetch",
        "next-url",
        "x-nextjs-data",
    ),
    "language": ("accept-language",),
}
MAX_KEY_HEADERS = 32
_NEVER_KEYED = frozenset({"cache-control", "max-forwards", "pragma", "range", "request-range", "te"})
"""CloudFront bases no caching on these ("HTTP request headers and CloudFront behavior"), nor on those that edge
functions may not change (router.model.names)."""
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_INSTEAD = {
    "accept-encoding": "it is in the key already, normalized by CloudFront",
    "cookie": "cookies have a key of their own: applicationCookies in the strategy's section",
    "host": "it is in the key where an origin has hostHeader viewer",
}
MAX_POLICY_HEADERS = 10
"""CloudFront's quota is 10 headers for each cache policy ("Quotas on headers")."""
KEY_HEADER = "x-router-key"
"""Set at viewer-request (functions/hash.js): a hash of the headers for which the policy has no room."""
KEY_FUNCTION = "key"
"""The CloudFront Function that sets it where the strategy has none."""
ALWAYS = ("authorization", "origin")
"""Authorization is forwarded, and CORS responses name the Origin."""
METHOD_OVERRIDES = ("x-http-method", "x-http-method-override", "x-method-override")
"""They reach no origin with a method whose responses are cached. They stay in the key where nothing else needs the
room: a policy changes at once, while the last version of the function may still run."""
_ADDED_BY_CLOUDFRONT = "cloudfront-"
"""CloudFront adds such a header only where a policy names it, so a function cannot hash it."""


def _name_error(name: str) -> str:
    lower = name.lower()
    if lower in GROUPS:
        return ""
    if lower in _INSTEAD:
        return f"is {name!r}: {_INSTEAD[lower]}"
    if text := own_header_error(name):
        return text
    text = names.header_name(name)
    if _TOKEN.fullmatch(name) and (text or lower in _NEVER_KEYED):
        return f"is {name!r}: CloudFront takes no such header into the cache key"
    return text


def _list_error(given: tuple[str, ...]) -> str:
    count = len(expand_groups(given))
    if text := duplicate_error([name.lower() for name in given], "every header and every group once"):
        return text
    return f"has {count} headers: at most {MAX_KEY_HEADERS}" if count > MAX_KEY_HEADERS else ""


def expand_groups(given: tuple[str, ...]) -> frozenset[str]:
    """Return the names in lower case, with a group replaced by its headers."""
    return frozenset(header for name in given for header in GROUPS.get(name.lower(), (name.lower(),)))


KeyHeaders = Annotated[tuple[Annotated[Text, rule(_name_error)], ...], rule(_list_error)]


@dataclass(frozen=True)
class HeaderKey:
    """`named` are in the cache policy. `hashed` are in the key by their hash in KEY_HEADER, in this order."""

    named: frozenset[str] = frozenset()
    hashed: tuple[str, ...] = ()
    digest: str = ""

    @property
    def covered(self) -> frozenset[str]:
        """The viewer's headers in the cache key."""
        return self.named - {*METHOD_OVERRIDES} | {*self.hashed}


def header_key(settings: CoreSettings) -> HeaderKey:
    """Return the headers of the cache policy; none with caching disabled.

    `digest` names the user's headers: other headers need another policy, because a changed one would take effect while
    the last version of the function still forwards what is no longer in the key.
    """
    if not settings.strategy_needs.is_cacheable:
        return HeaderKey()
    own, asked = _own_headers(settings), expand_groups(settings.key_headers)
    if not asked:
        return HeaderKey(own | {*METHOD_OVERRIDES})
    digest = headers_digest(asked)
    if len(own | asked) <= MAX_POLICY_HEADERS:
        return HeaderKey(own | asked, digest=digest)
    by_name = {name for name in asked - own if name.startswith(_ADDED_BY_CLOUDFRONT)}
    return HeaderKey(own | by_name | {KEY_HEADER}, tuple(sorted(asked - own - by_name)), digest)


def headers_digest(names: Set[str]) -> str:
    """Return the part of a policy's name that stands for these headers."""
    return sha256(",".join(sorted(names)).encode()).hexdigest()[:8]


def added_headers(settings: CoreSettings) -> frozenset[str]:
    """Return the headers that CloudFront adds for the strategy and that a cache policy without caching cannot name."""
    needs = settings.strategy_needs
    names = frozenset[str]() if needs.is_cacheable else frozenset(name.lower() for name in needs.headers)
    return frozenset(name for name in names if name.startswith(_ADDED_BY_CLOUDFRONT))


def header_key_error(settings: CoreSettings) -> str:
    """Return the error where the headers do not fit into a cache policy, "" otherwise."""
    own = _own_headers(settings)
    if len(header_key(settings).named) <= MAX_POLICY_HEADERS:
        return ""
    listed = ", ".join(sorted(own))
    return (
        "has more headers that begin with cloudfront- than there is room for, and no function can hash them: a cache"
        f" policy takes {MAX_POLICY_HEADERS}, and {listed} and {KEY_HEADER} are in it already: at most"
        f" {MAX_POLICY_HEADERS - len(own) - 1}"
    )


def needs_with_key(settings: CoreSettings) -> Needs:
    """Return the strategy's needs, with a CloudFront Function where the key needs one."""
    needs = settings.strategy_needs
    if needs.viewer_function or not header_key(settings).hashed:
        return needs
    return replace(needs, viewer_function=KEY_FUNCTION, function_triggers=("viewer-request",))


def _own_headers(settings: CoreSettings) -> frozenset[str]:
    needs = settings.strategy_needs
    override = settings.override.header.lower() if settings.override else ""
    host = "host" if forwards_host(settings) else ""
    skew = settings.skew.header.lower() if settings.skew and not needs.version_header else ""
    return frozenset({*ALWAYS, *needs.headers, needs.version_header, override, host, skew} - {""})


def forwards_host(settings: CoreSettings) -> bool:
    """Return whether the strategy reads the viewer's Host or an origin receives it.

    Without Lambda, all origins but stable get one from a function.
    """
    needs = settings.strategy_needs
    origins = settings.origins.values() if needs.origin_request else [settings.origins["stable"]]
    return "host" in needs.headers or any(origin.host_header == "viewer" for origin in origins)
