"""What a stack's config promises its visitors: where a validation gets its expectations from."""

from __future__ import annotations

from typing import Any

from infra.settings.stack import Stack

COOKIES = {"sticky-session": ("cookie", "version_cookie"), "cookie-version": ("cookie",)}
"""Strategies that split visitors who bring nothing, and the options that name the cookies which keep them."""
ALL_STABLE = ("jwt-iat", "tenant-lookup", "tier")
"""Strategies that send to the default origin whoever brings nothing to decide by."""


def expected_of(stack: Stack) -> dict[str, Any]:
    """Keys of a plan (validator.plan.parse): percent, pin, override with its secret, and cookies.

    There is no percentage where the strategy goes by something else, such as the origin that answers first.
    """
    settings = stack.settings
    expected: dict[str, Any] = {"pin": settings.pin}
    if settings.strategy in COOKIES:
        expected["percent"] = settings.canary_percent
        names = [getattr(settings.options, option) for option in COOKIES[settings.strategy]]
        expected["cookies"] = [name for name in names if name]
    elif settings.strategy in ALL_STABLE:
        expected["percent"] = 0
    if (override := settings.override) is not None:
        place = next(place for place in ("header", "cookie", "query") if getattr(override, place))
        expected["override"] = {place: getattr(override, place), "secret": override.secret}
    return expected
