"""The entry point of the function, for every trigger it serves."""

from __future__ import annotations

import os

from router.decision_log import emit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from router.cache_guard import CacheGuard
    from router.routing import Router


def _start() -> tuple[Router | None, CacheGuard | None]:
    """The router, or what keeps the cache clean without one."""
    try:
        from router.baked import build_router, read_config  # here, for a failing import must not fail the request

        return build_router(read_config(), os.environ.get("AWS_REGION", "")), None
    except Exception as error:  # noqa: BLE001  a router that cannot start lets every request go to the default origin
        emit({"reason": f"start-failed:{type(error).__name__}", "fallback": True})
        return None, _guard_alone()


def _guard_alone() -> CacheGuard | None:
    """Answers of the default origin are kept as well. None where nothing is kept, or no config can be read."""
    try:
        from router.config_file import read_config  # here, as above

        kept = read_config().get("kept")
        if kept:
            from router.cache_guard import CacheGuard  # only with kept: as in router.baked

            return CacheGuard(**kept)
    except Exception:  # noqa: BLE001  as above; the log has said that nothing works
        return None
    return None


_router, _guard = _start()


def handler(event: object, _context: object) -> object:
    """What Lambda calls: the request or response that CloudFront goes on with."""
    return _router.handle(event) if _router is not None else _untouched(event)


def _untouched(event: object) -> object:
    emit({"reason": "not-started", "fallback": True})
    given: Any = event
    try:
        cf = given["Records"][0]["cf"]
        _guard_cache(cf)
        return cf["response"] if "response" in cf else cf["request"]
    except (KeyError, IndexError, TypeError):  # not a CloudFront event: nothing to go on with
        return event


def _guard_cache(cf: Any) -> None:
    """Without a router the default origin answers, and its answers are kept all the same."""
    if _guard is None:
        return
    try:
        _guard.guard(cf, cf["config"]["eventType"])
    except Exception as error:  # noqa: BLE001  the rule of the edge
        emit({"reason": f"not-guarded:{type(error).__name__}", "fallback": True})
