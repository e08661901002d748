"""The one place that catches and the one place that falls back: override, pin, strategy, default origin."""

from __future__ import annotations

import time

from router import event as events
from router.deadline import Deadline, DeadlineError
from router.decision import Decision

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from router.decision_log import DecisionLog
    from router.origin import Origin
    from router.override import Override
    from router.request import Request
    from router.table import Table
    from strategies.base import Strategy

DEFAULT_ORIGIN = "stable"


class Router:
    """Answers every event with the request (or response) that CloudFront shall go on with, whatever fails."""

    def __init__(
        self,
        strategy: Strategy,
        origins: Mapping[str, Origin],
        log: DecisionLog,
        *,
        pin: str = "none",
        override: Override | None = None,
        table: Table | None = None,
        deadline_seconds: float = 2.0,
        region: str = "",
        version_header: str = "",
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._strategy = strategy
        self._origins = origins
        self._addresses = events.by_address(origins.values())
        self._log = log
        self._pin = pin
        self._override = override
        self._table = table
        self._deadline = Deadline(deadline_seconds)
        self._region = region
        self._version_header = version_header
        self._timer = timer

    def handle(self, event: object) -> object:
        """The answer to any trigger's event. Never raises."""
        try:
            cf = events.cf_of(event)
        except events.EventError:
            self._log.fault("", "not-a-cloudfront-event")
            return event
        kind = events.event_type(cf)
        if kind == "origin-request":
            self._on_origin_request(cf)
        elif kind == "origin-response":
            self._on_origin_response(cf)
        return cf["response"] if kind.endswith("-response") and "response" in cf else cf["request"]

    def decide(self, request: Request) -> Decision:
        """The decision on one request: override, then pin, then the strategy within the deadline.

        Where a function before the cache has decided, what it says and nothing else.
        """
        decision = self._assigned(request) if self._version_header else self._forced(request)
        if decision is not None:
            return decision
        try:
            with self._deadline:
                return self._checked(self._strategy.choose(request))
        except DeadlineError:
            if self._table is not None:
                self._table.reset()
            return _fallback("deadline")
        except Exception as error:  # noqa: BLE001  the rule of the edge: whatever fails, the default origin answers
            return _fallback(_name_of(error))

    def _forced(self, request: Request) -> Decision | None:
        name = self._override.origin_for(request, self._origins) if self._override else None
        if name is not None:
            return Decision(name, "override")
        if self._pin != "none":
            request.step("pin", self._pin)
            return Decision(self._pin, "pinned")
        return None

    def _assigned(self, request: Request) -> Decision | None:
        """The version in the header: it is part of the cache key, so another one would be kept for strangers.

        `<version>?<unique>` leaves the choice to the strategy, for no other request has that key.
        """
        name, asks, _ = (request.header(self._version_header) or "").partition("?")
        if name not in self._origins:
            return _fallback("no-version")
        request.step(f"header {self._version_header}", f"{name}, unless the strategy knows better" if asks else name)
        return None if asks else Decision(name, "assigned-version")

    def _checked(self, decision: Decision) -> Decision:
        if isinstance(decision.origin, str) and decision.origin not in self._origins:
            return _fallback("unknown-origin")
        return decision

    def _on_origin_request(self, cf: events.Cf) -> None:
        started = self._timer()
        try:
            request = events.read_request(cf, self._region)
            decision = self.decide(request)
            origin = decision.origin
            events.write_origin(cf, self._origins[origin] if isinstance(origin, str) else origin)
            self._log.write(request, decision, round((self._timer() - started) * 1_000_000))
        except Exception as error:  # noqa: BLE001  the rule of the edge
            self._log.fault(events.request_id(cf), _name_of(error))

    def _on_origin_response(self, cf: events.Cf) -> None:
        try:
            request = events.read_request(cf, self._region)
            if self._forced(request) is not None:
                return
            response = events.read_response(cf, self._addresses)
            with self._deadline:
                self._strategy.respond(request, response)
            events.write_cookies(cf, response.cookies)
        except (Exception, DeadlineError) as error:  # noqa: BLE001  the rule of the edge
            self._log.fault(events.request_id(cf), _name_of(error))


def _fallback(reason: str) -> Decision:
    return Decision(DEFAULT_ORIGIN, reason, is_fallback=True)


def _name_of(error: BaseException) -> str:
    """The error's type and line, never its text: that may hold what came with the request."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else "?"
    return f"error:{type(error).__name__}@{where}"
