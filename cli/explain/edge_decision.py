"""The decision of the edge functions together: viewer-request function and router."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from router import event as events
from router.baked import build_router
from router.control.precedence import CANARY
from router.groups import BOT, HOLDOUT
from router.model.decision import DEFAULT_ORIGIN, Decision
from router.model.request import Request
from router.skew import REASON
from strategies.base import VERSION_HEADER
from strategies.sticky_session import MAX_TOKEN_CHARACTERS

WITHDRAWN = Decision(DEFAULT_ORIGIN, "canary-withdrawn")


def read_request(config: Mapping[str, Any], event: Mapping[str, Any], region: str) -> Request:
    """Return the request as the strategy sees it: the viewer-request function overwrites the version header.

    EventError if it is not a CloudFront event.
    """
    cf = events.read_cf(event)
    try:
        if _is_versioned(config) and events.event_type(cf) != "origin-request":
            cf = _without_version(cf)
        request = events.read_request(cf, region)
        headers: Mapping[str, Any] = cf["request"].get("headers") or {}
        for name in headers:
            request.header(name)  # a header that cannot be read is told here, whether the strategy asks for it or not
        return request
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise events.EventError("not a CloudFront event") from error


def decide(config: Mapping[str, Any], request: Request, region: str, *, is_withdrawn: bool = False) -> Decision:
    """Decide as the edge does; `config` is infra.package.baked_config.deciding_config with the effective control.

    With `is_withdrawn`, a rollout was rolled back and nobody is sent to the canary.
    """
    if _is_versioned(config) and request.header(VERSION_HEADER):
        config = {**config, "version_header": VERSION_HEADER}  # the viewer-request function has decided
        is_withdrawn = False
    elif _is_versioned(config) and config["strategy"] == "sticky-session":
        return _decide_by_hint(config, request, region, is_withdrawn=is_withdrawn)
    decision = _decide(config, request, region)
    return _enforce_withdrawal(decision) if is_withdrawn else decision


def _decide(config: Mapping[str, Any], request: Request, region: str) -> Decision:
    router = build_router(dict(config), region)
    try:
        return router.decide(request)
    finally:
        router.close()


def _decide_by_hint(config: Mapping[str, Any], request: Request, region: str, *, is_withdrawn: bool) -> Decision:
    """Decide like functions/canary.js and the router: override, pin and hint first, then the sessions table."""
    options = config["options"]
    session = request.cookie(options["cookie"]) or ""
    is_session = 0 < len(session) <= MAX_TOKEN_CHARACTERS
    hint = {
        "cookie": options["version_cookie"],
        "caching": "versioned",
        "assign_subrequests": is_session or options["assign_subrequests"],
    }
    hinting = {**config, "strategy": "cookie-version", "options": hint, "table": None}
    decision = _decide(hinting, request, region)
    is_by_hint = decision.bucket is None and decision.reason not in (BOT, HOLDOUT)
    if is_by_hint or not is_session:
        return _enforce_withdrawal(decision) if is_withdrawn else decision
    if is_withdrawn:  # whatever the table has
        return WITHDRAWN
    return _decide({**config, "override": None, "pin": "none"}, request, region)


def _enforce_withdrawal(decision: Decision) -> Decision:
    """Decide like router.control.precedence and functions/canary.js when the canary is withdrawn."""
    if decision.origin != CANARY or decision.reason in ("override", "pinned", REASON):
        return decision
    return Decision(DEFAULT_ORIGIN, WITHDRAWN.reason, visitor=decision.visitor, reading=decision.reading)


def _without_version(cf: events.Cf) -> events.Cf:
    request: dict[str, Any] = cf["request"]
    headers: dict[str, Any] = request["headers"]
    return {**cf, "request": {**request, "headers": {**headers, VERSION_HEADER: []}}}


def _is_versioned(config: Mapping[str, Any]) -> bool:
    return config["options"].get("caching") == "versioned"
