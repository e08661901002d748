"""The entry point of the function, for every trigger, and the config in its package."""

from __future__ import annotations

import json
import os

from router.model.log_line import emit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from router.cache_guard import CacheGuard
    from router.routing import Router

CONFIG_FILE = f"{__file__.rpartition('/router/')[0]}/config.json"
"""At the root of the package. No pathlib here: it costs 5 ms of cold start."""


def _read_config() -> dict[str, Any]:
    """The baked JSON, as infra.package.bundle writes it."""
    with open(CONFIG_FILE, encoding="utf-8") as file:  # noqa: PTH123  no pathlib, as above
        return json.load(file)


def _start() -> tuple[Router | None, CacheGuard | None]:
    """The router, or else the guard that works without one."""
    try:
        from router.baked import build_router  # here, because a failing import must not fail the request

        return build_router(_read_config(), os.environ.get("AWS_REGION", "")), None
    except Exception as error:  # noqa: BLE001  without a router every request goes to the stable origin
        emit({"reason": f"start-failed:{type(error).__name__}", "fallback": True})
        return None, _start_guard()


def _start_guard() -> CacheGuard | None:
    """The cache guard: without a router CloudFront caches the stable origin's responses all the same.

    None for a stack without a cache, or where no config can be read.
    """
    try:
        kept = _read_config().get("kept")
        if kept:
            from router.cache_guard import CacheGuard  # only with kept: as in router.baked

            return CacheGuard(**kept)
    except Exception:  # noqa: BLE001  as above; the log says already that nothing works
        return None
    return None


_router, _guard = _start()


def handler(event: object, _context: object) -> object:
    """Return the request or response that CloudFront continues with."""
    return _router.handle(event) if _router is not None else _pass_on(event)


def _pass_on(event: object) -> object:
    emit({"reason": "not-started", "fallback": True})
    given: Any = event
    try:
        cf = given["Records"][0]["cf"]
        if _guard is not None:
            _guard_cache(_guard, cf)
        return cf["response"] if "response" in cf else cf["request"]
    except (KeyError, IndexError, TypeError):  # not a CloudFront event: nothing to continue with
        return event


def _guard_cache(guard: CacheGuard, cf: Any) -> None:
    try:
        guard.guard(cf, cf["config"]["eventType"])
    except Exception as error:  # noqa: BLE001  the rule of the edge
        emit({"reason": f"not-guarded:{type(error).__name__}", "fallback": True})
