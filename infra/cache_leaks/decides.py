"""What the router of a stack decides on: its strategy's needs and the override."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from infra.stack import Stack

Kind = Literal["cookie", "header", "query"]


@dataclass(frozen=True)
class Decides:
    """The inputs of a router's decision, as the check compares them with a distribution.

    `cookies`, `headers` (lower-case) and `query` are the names that decide at origin-request; `body` is the request
    body. `varies`: two viewers may get different origins. `assigns_strangers`: who brings no version is assigned by the
    request's id. `sets_cookie`: the router adds a Set-Cookie at origin-response. `version_header` is where a function
    writes the version at viewer-request, before the cache; then it decides instead of names, "" where none does.
    `caching_key` is the config key that switches versioned caching on, "" where the strategy has none.
    """

    cookies: frozenset[str] = frozenset()
    headers: frozenset[str] = frozenset()
    query: frozenset[str] = frozenset()
    body: bool = False
    varies: bool = True
    assigns_strangers: bool = False
    sets_cookie: bool = False
    version_header: str = ""
    caching_key: str = ""

    def names(self) -> list[tuple[Kind, str]]:
        """What the function on origin-request has to see, in the order of kind and name."""
        kinds: dict[Kind, frozenset[str]] = {"cookie": self.cookies, "header": self.headers, "query": self.query}
        return [(kind, name) for kind, names in kinds.items() for name in sorted(names)]


def decides_of(stack: Stack) -> Decides:
    """What the stack's router decides on."""
    if stack.settings.needs.version_header:
        return _decided_before_the_cache(stack)
    settings, needs = stack.settings, stack.settings.needs
    override = settings.override
    places = (override.cookie, override.header, override.query) if override else ("", "", "")
    cookie, header, query = (frozenset({place}) - {""} for place in places)
    key = _caching_key(stack)
    return Decides(
        cookies=needs.cookies | cookie,
        headers=frozenset(name.lower() for name in needs.headers | header),
        query=needs.query | query,
        body=needs.body,
        varies=needs.varies,
        # Versioned caching is the way out of just that, so who has the option does it.
        assigns_strangers=bool(key),
        sets_cookie=needs.origin_response,
        caching_key=key,
    )


def _decided_before_the_cache(stack: Stack) -> Decides:
    """The function has applied the override too. A session's cookie is all that it leaves to the router."""
    needs = stack.settings.needs
    session = str(needs.function_config.get("session") or "")
    return Decides(
        cookies=frozenset({session}) - {""},
        sets_cookie=needs.origin_response,
        version_header=needs.version_header,
        caching_key=_caching_key(stack),
    )


def _caching_key(stack: Stack) -> str:
    has_option = hasattr(stack.settings.options, "caching")
    return f"{stack.project}:{stack.settings.section}.caching" if has_option else ""
