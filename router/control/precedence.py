"""What stands above the strategy: override, pin, a function before the cache, and the withdrawal of the canary."""

from __future__ import annotations

from router.model.decision import DEFAULT_ORIGIN, Decision, fallback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

    from router.control.live import Live
    from router.control.override import Override
    from router.control.reader import Control
    from router.model.assignment import Assignment
    from router.model.request import Request
    from router.model.response import Response

CANARY = "canary"
"""The origin that a rollback withdraws."""


class Precedence:
    """Override, then pin, then the strategy, whose canary may be withdrawn.

    With a `version_header` what the function before the cache says there, and nothing else. `live` is what the control
    said last, None without one; pin, withdrawal, and the assignment's release and percentage follow it.
    """

    def __init__(
        self,
        origins: Container[str],
        assignment: Assignment,
        *,
        pin: str,
        override: Override | None,
        control: Control | None,
        version_header: str,
    ) -> None:
        self.live: Live | None = None
        self._origins = origins
        self._assignment = assignment
        self._pin = pin
        self._is_withdrawn = False
        self._override = override
        self._control = control
        self._version_header = version_header

    def above(self, request: Request) -> Decision | None:
        """The decision that is made already, or None where the strategy has to make it."""
        return self._assigned(request) if self._version_header else self._forced(request)

    def permitted(self, decision: Decision) -> Decision:
        """The strategy's decision, or another one where its origin is not configured or is withdrawn."""
        if isinstance(decision.origin, str) and decision.origin not in self._origins:
            return fallback("unknown-origin")
        if self._is_withdrawn and decision.origin == CANARY:
            return Decision(DEFAULT_ORIGIN, "canary-withdrawn", visitor=decision.visitor, reading=decision.reading)
        return decision

    def may_respond(self, request: Request, response: Response) -> bool:
        """Whether this answer may tie a visitor to its version: not a forced one, and none of a withdrawn canary."""
        is_forced = self._forced(request) is not None
        return not is_forced and not (self._is_withdrawn and response.origin == CANARY)

    def _forced(self, request: Request) -> Decision | None:
        name = self._override.origin_for(request, self._origins) if self._override else None
        if name is not None:
            return Decision(name, "override")
        self._follow_control(request)
        if self._pin != "none":
            request.step("pin", self._pin)
            return Decision(self._pin, "pinned")
        return None

    def _follow_control(self, request: Request) -> None:
        """Take over what is in force now; at most one read of one replica."""
        if self._control is None:
            return
        live = self._control.current()
        if live is not self.live:
            self.live, self._pin, self._is_withdrawn = live, live.pin, live.is_withdrawn
            self._assignment.change(live.release, live.percent)
        request.step("control", live.said)

    def _assigned(self, request: Request) -> Decision | None:
        """The version in the header: it is part of the cache key, so another one would be kept for strangers.

        `<version>?<unique>` leaves the choice to the strategy, for no other request has that key.
        """
        name, asks, _ = (request.header(self._version_header) or "").partition("?")
        if name not in self._origins:
            return fallback("no-version")
        request.step(f"header {self._version_header}", f"{name}, unless the strategy knows better" if asks else name)
        return None if asks else Decision(name, "assigned-version")
