"""The decision inputs of a stack's router: its strategy's needs and the override."""

from __future__ import annotations

from cache_check.model.decision_inputs import DecisionInputs, RequiredAssociation
from infra.naming.function_identity import viewer_function_name
from infra.settings.header_key import KEY_HEADER, header_key
from infra.settings.model import Settings
from infra.settings.stack import Stack

_WITHOUT = {
    "origin-request": "no request is routed, and the distribution's own origin responds to them all",
    "origin-response": "the router's cookie is never set, and nobody stays on a version",
    "viewer-request": "nothing is decided before the cache",
    "viewer-response": "the version's cookie is never set, and nobody stays on a version",
}
_UNGUARDED = "a response that sets a visitor's cookie is cached, and replays it to others"
_UNCOUNTED = "the metrics of a rollout and of alarms are not counted"


def decision_inputs(stack: Stack) -> DecisionInputs:
    """What the stack's router decides on."""
    if stack.settings.needs.version_header:
        return _decided_before_the_cache(stack)
    settings, needs = stack.settings, stack.settings.needs
    override = settings.override
    places = (override.cookie, override.header, override.query) if override else ("", "", "")
    cookie, header, query = (frozenset({place}) - {""} for place in places)
    key = _caching_key(stack)
    return DecisionInputs(
        cookies=needs.cookies | cookie,
        headers=frozenset(name.lower() for name in needs.headers | header),
        query=needs.query | query,
        body=needs.body,
        varies=needs.varies,
        # Versioned caching is the way out of just that, so who has the option does it.
        assigns_new_visitors=bool(key),
        sets_cookie=needs.origin_response,
        removes_viewer_headers=needs.is_cacheable,
        passed_headers=_passed_headers(stack),
        hashed_headers=frozenset(header_key(settings).hashed),
        caching_key=key,
        required=required_associations(stack),
        function_prefix=stack.prefix,
        static_paths=frozenset(settings.static_paths),
        origin_hosts=_origin_hosts(stack),
    )


def _decided_before_the_cache(stack: Stack) -> DecisionInputs:
    """The function has applied the override too. A session's cookie is all that it leaves to the router."""
    needs = stack.settings.needs
    session = str(needs.function_config.get("session") or "")
    return DecisionInputs(
        cookies=frozenset({session}) - {""},
        sets_cookie=needs.origin_response,
        version_header=needs.version_header,
        removes_viewer_headers=needs.is_cacheable,
        passed_headers=_passed_headers(stack),
        hashed_headers=frozenset(header_key(stack.settings).hashed),
        caching_key=_caching_key(stack),
        required=required_associations(stack),
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


def _at_origin_response(settings: Settings) -> RequiredAssociation:
    if settings.needs.origin_response:
        return RequiredAssociation("origin-response", True, False, _WITHOUT["origin-response"])
    if settings.guards_cookies:
        return RequiredAssociation("origin-response", True, False, _UNGUARDED)
    return RequiredAssociation("origin-response", True, False, _UNCOUNTED, is_vital=False)


def required_associations(stack: Stack) -> tuple[RequiredAssociation, ...]:
    """As infra.cdn.distribution makes them for a distribution of the stack's own."""
    settings, needs = stack.settings, stack.settings.needs
    name = viewer_function_name(stack.prefix, needs.viewer_function)
    needed: list[RequiredAssociation] = []
    if needs.origin_request:
        needed.append(RequiredAssociation("origin-request", True, needs.body, _WITHOUT["origin-request"]))
    if needs.origin_request and settings.has_origin_response:
        needed.append(_at_origin_response(settings))
    before = [
        RequiredAssociation(event, False, False, _WITHOUT[event], function_name=name)
        for event in needs.function_triggers
    ]
    return (*needed, *before)
