"""The decision of all edge code together: of the function before the cache, where there is one, and of the router."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from router import event as events
from router.baked import build_router
from router.control.precedence import CANARY
from router.model.decision import DEFAULT_ORIGIN, Decision
from router.model.request import Request
from strategies.base import VERSION_HEADER
from strategies.sticky_session import MAX_TOKEN_CHARACTERS

WITHDRAWN = Decision(DEFAULT_ORIGIN, "canary-withdrawn")


def read_request(config: Mapping[str, Any], event: Mapping[str, Any], region: str) -> Request:
    """What the strategy sees. EventError for a foreign event.

    A function before the cache overwrites what a viewer sends by its header's name.
    """
    cf = events.cf_of(event)
    try:
        if _is_versioned(config) and events.event_type(cf) != "origin-request":
            cf = _without_version(cf)
        return events.read_request(cf, region)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise events.EventError("not a CloudFront event") from error


def decide(config: Mapping[str, Any], request: Request, region: str, *, is_withdrawn: bool = False) -> Decision:
    """As the edge decides; `config` is infra.package.baked_config.deciding_config with what is in force.

    `is_withdrawn`: a rollout was rolled back, and nobody is sent to the canary.
    """
    if _is_versioned(config) and request.header(VERSION_HEADER):
        config = {**config, "version_header": VERSION_HEADER}  # the function has been there: the router obeys
        is_withdrawn = False
    elif _is_versioned(config) and config["strategy"] == "sticky-session":
        return _decide_by_hint(config, request, region, is_withdrawn=is_withdrawn)
    decision = _decide(config, request, region)
    return _permitted(decision) if is_withdrawn else decision


def _decide(config: Mapping[str, Any], request: Request, region: str) -> Decision:
    router = build_router(dict(config), region)
    try:
        return router.decide(request)
    finally:
        router.close()


def _decide_by_hint(config: Mapping[str, Any], request: Request, region: str, *, is_withdrawn: bool) -> Decision:
    """As functions/canary.js and the router do it: override, pin and hint first, then the session's table."""
    options = config["options"]
    hint = {"cookie": options["version_cookie"], "caching": "versioned"}
    hinting = {**config, "strategy": "cookie-version", "options": hint, "table": None}
    decision = _decide(hinting, request, region)
    session = request.cookie(options["cookie"]) or ""
    if decision.bucket is None or not 0 < len(session) <= MAX_TOKEN_CHARACTERS:
        return _permitted(decision) if is_withdrawn else decision
    if is_withdrawn:  # whatever the table says, so nobody asks it
        return WITHDRAWN
    return _decide({**config, "override": None, "pin": "none"}, request, region)


def _permitted(decision: Decision) -> Decision:
    """As router.control.precedence and functions/canary.js do it, when the canary is withdrawn."""
    if decision.origin != CANARY or decision.reason in ("override", "pinned"):
        return decision
    return Decision(DEFAULT_ORIGIN, WITHDRAWN.reason, visitor=decision.visitor, reading=decision.reading)


def _without_version(cf: events.Cf) -> events.Cf:
    request: dict[str, Any] = cf["request"]
    headers: dict[str, Any] = request["headers"]
    return {**cf, "request": {**request, "headers": {**headers, VERSION_HEADER: []}}}


def _is_versioned(config: Mapping[str, Any]) -> bool:
    return config["options"].get("caching") == "versioned"
