"""The one place that catches and the one place that falls back: override, pin, strategy, default origin."""

from __future__ import annotations

import time

from router import event as events
from router.control.precedence import Precedence
from router.model.deadline import Deadline, DeadlineError
from router.model.decision import Decision, fallback
from strategies.base import Strategy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from router.cache_guard import CacheGuard
    from router.control.override import Override
    from router.control.reader import Control
    from router.decision_log import DecisionLog
    from router.dynamodb.clients import Clients
    from router.metrics import Metrics
    from router.model.origin import Origin
    from router.model.request import Request
    from router.model.response import Response


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
        clients: Clients | None = None,
        control: Control | None = None,
        metrics: Metrics | None = None,
        deadline_seconds: float = 2.0,
        region: str = "",
        version_header: str = "",
        guard: CacheGuard | None = None,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._strategy = strategy
        self._sets_cookies = type(strategy).respond is not Strategy.respond
        self._origins = origins
        self._addresses = events.by_address(origins.values())
        self._log = log
        self._precedence = Precedence(
            origins,
            strategy.edge.assignment,
            pin=pin,
            override=override,
            control=control,
            version_header=version_header,
        )
        self._clients = clients
        self._metrics = metrics
        self._deadline = Deadline(deadline_seconds)
        self._region = region
        self._guard = guard
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
            self._guard_cache(cf, kind)  # before all else: whatever fails then, nothing beside the key is on its way
            self._on_origin_request(cf)
        elif kind == "origin-response":
            self._on_origin_response(cf)
            self._guard_cache(cf, kind)  # after all else: it counts the router's own cookies too
        return cf["response"] if kind.endswith("-response") and "response" in cf else cf["request"]

    def decide(self, request: Request) -> Decision:
        """The decision on one request, within the deadline: by what stands above the strategy, else by the strategy."""
        try:
            with self._deadline:
                decision = self._precedence.above(request)
                return decision or self._precedence.permitted(self._strategy.choose(request))
        except DeadlineError:
            self._drop_connections()
            return fallback("deadline")
        except Exception as error:  # noqa: BLE001  the rule of the edge: whatever fails, the default origin answers
            return fallback(_name_of(error))

    def close(self) -> None:
        """Close its connections, for who asks it once; an instance of the function keeps them."""
        self._drop_connections()

    def _guard_cache(self, cf: events.Cf, kind: str) -> None:
        if self._guard is None:
            return
        try:
            self._guard.guard(cf, kind)
        except Exception as error:  # noqa: BLE001  the rule of the edge
            self._log.fault(events.request_id(cf), f"not-guarded:{type(error).__name__}")

    def _on_origin_request(self, cf: events.Cf) -> None:
        started = self._timer()
        try:
            request = events.read_request(cf, self._region)
            decision = self.decide(request)
            origin = decision.origin
            own_headers, counted = self._count_request(decision)
            events.write_origin(cf, self._origins[origin] if isinstance(origin, str) else origin, own_headers)
            self._log.write(
                request, decision, round((self._timer() - started) * 1_000_000), self._precedence.live, counted
            )
        except Exception as error:  # noqa: BLE001  the rule of the edge
            self._log.fault(events.request_id(cf), _name_of(error))

    def _on_origin_response(self, cf: events.Cf) -> None:
        try:
            request = events.read_request(cf, self._region)
            response = events.read_response(cf, self._addresses)
            self._count_response(request, response)
            with self._deadline:
                if self._may_respond(request, response):
                    self._strategy.respond(request, response)
            events.write_cookies(cf, response.cookies)
        except DeadlineError as error:
            self._drop_connections()
            self._log.fault(events.request_id(cf), _name_of(error))
        except Exception as error:  # noqa: BLE001  the rule of the edge
            self._log.fault(events.request_id(cf), _name_of(error))

    def _may_respond(self, request: Request, response: Response) -> bool:
        """Whether the strategy may set a cookie, if it does so at all: not on what caches would replay to others."""
        if not self._sets_cookies:
            return False
        from router.cache_control import is_shared_for_long  # only with sets_cookies: most strategies set none

        return not is_shared_for_long(response.cache_control) and self._precedence.may_respond(request, response)

    def _count_request(self, decision: Decision) -> tuple[dict[str, str], dict[str, object]]:
        """What the origin-response trigger is to know of the decision, in headers, and what is counted."""
        if self._metrics is None:
            return {}, {}
        return {self._metrics.header: self._metrics.trace(decision)}, self._metrics.of_request(decision)

    def _count_response(self, request: Request, response: Response) -> None:
        if self._metrics is None:
            return
        counted = self._metrics.of_response(request.header(self._metrics.header), response)
        if counted:
            self._log.answer(request, response.status, counted)

    def _drop_connections(self) -> None:
        if self._clients is not None:
            self._clients.close()


def _name_of(error: BaseException) -> str:
    """The error's type and line, never its text: that may hold what came with the request."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else "?"
    return f"error:{type(error).__name__}@{where}"
