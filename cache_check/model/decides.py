"""What the router of a stack decides on: its strategy's needs and the override."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cache_check.model.behaviors import Association, Behavior
from cache_check.model.needed import Needed, needed_associations
from infra.naming.edge_functions import is_router_function_arn, is_viewer_function_arn
from infra.settings.cache_key import KEY_FUNCTION, KEY_HEADER, header_key
from infra.settings.stack import Stack

Kind = Literal["cookie", "header", "query"]
VIEWER_FUNCTIONS = ("canary", KEY_FUNCTION, "tier")
"""The files in functions/ that a strategy may have before the cache."""


@dataclass(frozen=True)
class Decides:
    """The inputs of a router's decision, as the check compares them with a distribution.

    `cookies`, `headers` (lower-case) and `query` are the names that decide at origin-request; `body` is the request
    body. `varies`: two viewers may get different origins. `assigns_strangers`: who brings no version is assigned by the
    request's id. `sets_cookie`: the router adds a Set-Cookie at origin-response. `version_header` is where a function
    writes the version at viewer-request, before the cache; then it decides instead of names, "" where none does.
    `removes_viewer_headers`: of a viewer's headers only those of the stack's own cache key, `passed_headers`
    (lower-case), get past the router. `hashed_headers` are those of them that the key has as one hash.
    `caching_key` is the config key that switches versioned caching on, "" where the strategy has none.

    `needed` are the associations that the router works by. `function_prefix` begins the names of the stack's
    functions; where it is "" nobody knows them, and any function at an event counts as the stack's. `static_paths` are
    the path patterns that are meant to be without the router. `origin_hosts` are where it sends requests.
    """

    cookies: frozenset[str] = frozenset()
    headers: frozenset[str] = frozenset()
    query: frozenset[str] = frozenset()
    body: bool = False
    varies: bool = True
    assigns_strangers: bool = False
    sets_cookie: bool = False
    version_header: str = ""
    removes_viewer_headers: bool = False
    passed_headers: frozenset[str] = frozenset()
    hashed_headers: frozenset[str] = frozenset()
    caching_key: str = ""
    needed: tuple[Needed, ...] = ()
    function_prefix: str = ""
    static_paths: frozenset[str] = frozenset()
    origin_hosts: tuple[str, ...] = ()

    def names(self) -> list[tuple[Kind, str]]:
        """What the function on origin-request has to see, in the order of kind and name."""
        kinds: dict[Kind, frozenset[str]] = {"cookie": self.cookies, "header": self.headers, "query": self.query}
        return [(kind, name) for kind, names in kinds.items() for name in sorted(names)]

    def owns(self, association: Association) -> bool:
        """Whether it is the stack's function that stands there."""
        if not self.function_prefix:
            return True
        if association.is_lambda:
            return is_router_function_arn(association.arn, self.function_prefix)
        return is_viewer_function_arn(association.arn, self.function_prefix, VIEWER_FUNCTIONS)

    def made(self, behavior: Behavior) -> bool:
        """Whether the stack's program made the distribution, so that its settings and `pulumi up` change it."""
        return bool(behavior.made_by) and behavior.made_by == self.function_prefix

    def is_routed(self, behavior: Behavior) -> bool:
        """Whether the router is on a behavior, at whichever event; elsewhere all answers are the default origin's."""
        if self.function_prefix:
            return any(self.owns(one) for one in behavior.associations)
        return behavior.at("origin-request") is not None or behavior.at("viewer-request", is_lambda=False) is not None


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
        removes_viewer_headers=needs.is_cacheable,
        passed_headers=_passed_headers(stack),
        hashed_headers=frozenset(header_key(settings).hashed),
        caching_key=key,
        needed=needed_associations(stack),
        function_prefix=stack.prefix,
        static_paths=frozenset(settings.static_paths),
        origin_hosts=_origin_hosts(stack),
    )


def _decided_before_the_cache(stack: Stack) -> Decides:
    """The function has applied the override too. A session's cookie is all that it leaves to the router."""
    needs = stack.settings.needs
    session = str(needs.function_config.get("session") or "")
    return Decides(
        cookies=frozenset({session}) - {""},
        sets_cookie=needs.origin_response,
        version_header=needs.version_header,
        removes_viewer_headers=needs.is_cacheable,
        passed_headers=_passed_headers(stack),
        hashed_headers=frozenset(header_key(stack.settings).hashed),
        caching_key=_caching_key(stack),
        needed=needed_associations(stack),
        function_prefix=stack.prefix,
        static_paths=frozenset(stack.settings.static_paths),
        origin_hosts=_origin_hosts(stack),
    )


def _caching_key(stack: Stack) -> str:
    has_option = hasattr(stack.settings.options, "caching")
    return f"{stack.project}:{stack.settings.section}.caching" if has_option else ""


def _passed_headers(stack: Stack) -> frozenset[str]:
    """The viewer's that the key tells apart; version and hash are written by a function."""
    return header_key(stack.settings).covered - {stack.settings.needs.version_header, KEY_HEADER}


def _origin_hosts(stack: Stack) -> tuple[str, ...]:
    return tuple(dict.fromkeys(origin.domain_name for origin in stack.settings.origins.values()))
