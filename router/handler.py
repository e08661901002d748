"""The entry point of the function, for every trigger it serves."""

from __future__ import annotations

import os

from router.decision_log import emit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from router.routing import Router


def _start() -> Router | None:
    try:
        from router.baked import build_router, read_config  # here, for a failing import must not fail the request

        return build_router(read_config(), os.environ.get("AWS_REGION", ""))
    except Exception as error:  # noqa: BLE001  a router that cannot start lets every request go to the default origin
        emit({"reason": f"start-failed:{type(error).__name__}", "fallback": True})
        return None


_router = _start()


def handler(event: object, _context: object) -> object:
    """What Lambda calls: the request or response that CloudFront goes on with."""
    return _router.handle(event) if _router is not None else _untouched(event)


def _untouched(event: object) -> object:
    emit({"reason": "not-started", "fallback": True})
    given: Any = event
    try:
        cf = given["Records"][0]["cf"]
        return cf["response"] if "response" in cf else cf["request"]
    except (KeyError, IndexError, TypeError):  # not a CloudFront event: nothing to go on with
        return event
