"""The decision inputs of a stack's router: its strategy's needs, the override and the build id of files."""

from __future__ import annotations

from dataclasses import replace

from cache_check.model.decision_inputs import DecisionInputs, RequiredAssociation
from infra.naming.edge_functions import REWRITING, viewer_function_name
from infra.settings.cache_key import KEY_HEADER, header_key
from infra.settings.groups import bot_tokens
from infra.settings.model import Settings
from infra.settings.private_origins import signs
from infra.settings.stack import Stack
from router.control.bots import PREFETCH_HEADERS
from router.failover import ATTEMPT_HEADER

_WITHOUT = {
    "origin-request": "no request is routed, and the distribution's own origin responds to them all",
    "origin-response": "the router's cookie is never set, and nobody stays on a version",
    "viewer-request": "nothing is decided before the cache",
    "viewer-response": "the version's cookie is never set, and nobody stays on a version",
}
_UNGUARDED = "a response that sets a visitor's cookie is cached, and replays it to others"
_TAKEN_OVER = "the response of an origin that took over is cached as that of the one that failed"
_UNWRITTEN = (
    "redirects and cookies that name an origin's host lead visitors away from the site, or are refused by browsers"
)
_UNCOUNTED = "the metrics of a rollout and of alarms are not counted"


def decision_inputs(stack: Stack) -> DecisionInputs:
    """The inputs of the stack's router."""
    settings, needs = stack.settings, stack.settings.needs
    key = header_key(settings)
    inputs = DecisionInputs(
        sets_cookie=needs.origin_response,
        version_header=needs.version_header,
        removes_viewer_headers=needs.is_cacheable,
        # Those of the key that no function writes.
        passed_headers=key.covered - {needs.version_header, KEY_HEADER},
        hashed_headers=frozenset(key.hashed),
        caching_key=stack.key(f"{settings.section}.caching") if hasattr(settings.options, "caching") else "",
        required=required_associations(stack),
        function_prefix=stack.prefix,
        static_paths=frozenset(settings.static_paths),
        signed_hosts=frozenset({settings.origins["stable"].domain_name} if settings.is_signed_by_cloudfront else ()),
        signs=any(signs(settings, origin) for origin in settings.origins.values()),
        attempt_header=ATTEMPT_HEADER,
        groups=tuple(group.name for group in settings.origin_groups),
        origin_hosts=tuple(dict.fromkeys(origin.domain_name for origin in settings.origins.values())),
    )
    if needs.version_header:
        # The viewer-request function has applied the override too, and leaves only a session's cookie to the router.
        return replace(inputs, cookies=frozenset({str(needs.function_config.get("session") or "")}) - {""})
    override = settings.override
    places = (override.cookie, override.header, override.query) if override else ("", "", "")
    builds = settings.skew
    named = (builds.cookie, builds.header, builds.query) if builds else ("", "", "")
    of_bots = frozenset(("user-agent", *PREFETCH_HEADERS)) if bot_tokens(settings) is not None else frozenset[str]()
    cookie, header, query = (frozenset(found) - {""} for found in zip(places, named, strict=True))
    return replace(
        inputs,
        cookies=needs.cookies | cookie,
        headers=frozenset(name.lower() for name in needs.headers | header | of_bots),
        query=needs.query | query,
        body=needs.body,
        varies=needs.varies,
        # A strategy that assigns by the request ID has versioned caching as the way out.
        assigns_new_visitors=bool(inputs.caching_key),
    )


def required_associations(stack: Stack) -> tuple[RequiredAssociation, ...]:
    """The associations that infra.cdn.distribution_args makes for a distribution of the stack's own."""
    settings, needs = stack.settings, stack.settings.needs
    name = viewer_function_name(stack.prefix, needs.viewer_function)
    body = needs.body or settings.signs_bodies
    required: list[RequiredAssociation] = []
    if needs.origin_request:
        required.append(RequiredAssociation("origin-request", True, body, _WITHOUT["origin-request"]))
    if needs.origin_request and settings.has_origin_response:
        required.append(_at_origin_response(settings))
    before = [
        RequiredAssociation(event, False, False, _WITHOUT[event], function_name=name)
        for event in needs.function_triggers
    ]
    if settings.rewrites_at_viewer:
        before.append(_at_viewer_response(stack))
    return (*required, *before)


def _at_viewer_response(stack: Stack) -> RequiredAssociation:
    return RequiredAssociation(
        "viewer-response",
        False,
        False,
        _UNWRITTEN,
        is_vital=False,
        function_name=viewer_function_name(stack.prefix, REWRITING),
        output="rewritingFunctionArn",
    )


def _at_origin_response(settings: Settings) -> RequiredAssociation:
    if settings.needs.origin_response:
        return RequiredAssociation("origin-response", True, False, _WITHOUT["origin-response"])
    if settings.guards_cookies:
        return RequiredAssociation("origin-response", True, False, _UNGUARDED)
    if settings.guards_failover:
        return RequiredAssociation("origin-response", True, False, _TAKEN_OVER)
    without = _UNWRITTEN if settings.rewrites_answers else _UNCOUNTED
    return RequiredAssociation("origin-response", True, False, without, is_vital=False)
