"""Decisions that need no strategy: override, pin, viewer-request function, and the withdrawal of the canary."""

from __future__ import annotations

from router.model.decision import DEFAULT_ORIGIN, Decision, fallback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

    from router.control.override import Override
    from router.control.reader import ControlReader
    from router.model.assignment import Live
    from router.model.request import Request
    from router.model.response import Response

CANARY = "canary"
"""The origin that a rollback withdraws."""


class Precedence:
    """Override, then pin, then the strategy, whose canary may be withdrawn.

    With a `version_header` that header of the viewer-request function decides alone. Every decision takes the snapshot
    of the request before and returns the one that it used: a new one of `control`, if that is there to be asked.
    """

    def __init__(
        self,
        origins: Container[str],
        *,
        override: Override | None = None,
        control: ControlReader | None = None,
        version_header: str = "",
    ) -> None:
        self._origins = origins
        self._override = override
        self._control = control
        self._version_header = version_header

    def forced_decision(self, request: Request, live: Live) -> tuple[Decision | None, Live]:
        """The decision that no strategy is asked for, or None; and the snapshot in force."""
        return (self._assigned_version(request), live) if self._version_header else self._force(request, live)

    def enforce_limits(self, decision: Decision, live: Live) -> Decision:
        """The strategy's decision, or another one where its origin is not configured or is withdrawn."""
        if isinstance(decision.origin, str) and decision.origin not in self._origins:
            return fallback("unknown-origin")
        if live.is_withdrawn and decision.origin == CANARY:
            return Decision(
                DEFAULT_ORIGIN,
                "canary-withdrawn",
                visitor=decision.visitor,
                reading=decision.reading,
                memo="withdrawn",
            )
        return decision

    def may_respond(self, request: Request, response: Response, live: Live) -> tuple[bool, Live]:
        """True where a response may set a version cookie: not a forced one, and none of a withdrawn canary."""
        forced, live = self._force(request, live)
        return forced is None and not (live.is_withdrawn and response.origin == CANARY), live

    def _force(self, request: Request, live: Live) -> tuple[Decision | None, Live]:
        name = self._override.origin_for(request, self._origins) if self._override else None
        if name is not None:
            return Decision(name, "override"), live
        if self._control is not None:
            live = self._control.current()
            request.step("control", self._control.summary)
        if live.pin != "none":
            request.step("pin", live.pin)
            return Decision(live.pin, "pinned", memo="pinned"), live
        return None, live

    def _assigned_version(self, request: Request) -> Decision | None:
        """The version in the header. It is part of the cache key: another one would be cached for other visitors.

        A preflight comes without cookies: what it says is no visitor's.

        `<version>?<unique>` leaves the choice to the strategy, because no other request has that key.
        """
        name, asks, _ = (request.header(self._version_header) or "").partition("?")
        if name not in self._origins:
            return fallback("no-version")
        request.step(f"header {self._version_header}", f"{name}, unless the strategy knows better" if asks else name)
        return None if asks else Decision(name, "no-identity" if request.method == "OPTIONS" else "assigned-version")
