"""The one place that catches and the one place that falls back: override, pin, strategy, stable origin."""

from __future__ import annotations

import time

from router import event as events
from router.control.precedence import Precedence
from router.model.deadline import Deadline, DeadlineError
from router.model.decision import Decision, fallback
from strategies.base import MEMO_HEADER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from router.cache_guard import CacheGuard
    from router.decision_log import DecisionLog
    from router.dynamodb.clients import Clients
    from router.metrics import Metrics
    from router.model.assignment import Live
    from router.model.decision import Origin
    from router.model.request import Request
    from router.model.response import Response
    from strategies.base import Strategy


class Router:
    """Returns for every event the request or response that CloudFront continues with, whatever fails.

    `baked` is the control snapshot in the package. Every request has one snapshot, which is handed through: to the
    precedence, the strategy and the log. `write` puts the origin into an event of origin-request, `read` takes the
    viewer's request out of one of origin-response.
    """

    def __init__(
        self,
        strategy: Strategy,
        origins: Mapping[str, Origin],
        log: DecisionLog,
        *,
        baked: Live,
        precedence: Precedence | None = None,
        clients: Clients | None = None,
        metrics: Metrics | None = None,
        deadline_seconds: float = 2.0,
        region: str = "",
        guard: CacheGuard | None = None,
        sets_cookies: bool = True,
        public: Mapping[str, Any] | None = None,
        rewrites: Mapping[str, Any] | None = None,
        read: Callable[[events.Cf, str], Request] = events.read_request,
        write: Callable[[events.Cf, Origin, Mapping[str, str]], None] = events.write_origin,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._strategy = strategy
        self._sets_cookies = sets_cookies
        self._origins = origins
        self._addresses = events.by_address(origins.values())
        self._log = log
        self._live = baked
        self._precedence = precedence or Precedence(origins)
        self._clients = clients
        self._metrics = metrics
        self._deadline = Deadline(deadline_seconds)
        self._region = region
        self._guard = guard
        self._public = public
        self._rewrites = rewrites
        self._read = read
        self._write = write
        self._timer = timer

    def handle(self, event: object) -> object:
        """Route any trigger's event. Never raises."""
        try:
            cf = events.read_cf(event)
        except events.EventError:
            self._log.fault("", "not-a-cloudfront-event")
            return event
        kind = events.event_type(cf)
        if kind == "origin-request":
            self._guard_cache(cf, kind)  # before all else: whatever fails then, no unkeyed header is forwarded
            self._on_origin_request(cf)
        elif kind == "origin-response":
            self._rewrite(cf)  # what the origin said, and nothing of the router's own
            self._on_origin_response(cf)
            self._guard_cache(cf, kind)  # after all else: it counts the router's own cookies too
        return cf["response"] if kind.endswith("-response") and "response" in cf else cf["request"]

    def decide(self, request: Request) -> Decision:
        """Decide on one request within the deadline: by what precedes the strategy, else by the strategy."""
        return self._decide(request)[0]

    def close(self) -> None:
        """Close the connections to DynamoDB. An instance of the function keeps them."""
        if self._clients is not None:
            self._clients.close()

    def _decide(self, request: Request) -> tuple[Decision, Live]:
        """The decision, and the snapshot in force; that of the last request where no other was needed or to be had."""
        live = self._live
        try:
            with self._deadline:
                decision, live = self._precedence.forced_decision(request, live)
                if decision is None:
                    decision = self._strategy.choose(request, live.assignment)
                    decision = self._precedence.enforce_limits(decision, live)
        except DeadlineError:
            self.close()
            decision = fallback("deadline")
        except Exception as error:  # noqa: BLE001  the rule of the edge: whatever fails, the stable origin responds
            decision = fallback(_describe(error))
        self._live = live
        return decision, live

    def _guard_cache(self, cf: events.Cf, kind: str) -> None:
        if self._guard is None:
            return
        try:
            self._guard.guard(cf, kind)
        except Exception as error:  # noqa: BLE001  the rule of the edge
            self._log.fault(events.request_id(cf), f"not-guarded:{type(error).__name__}")

    def _rewrite(self, cf: events.Cf) -> None:
        if not self._rewrites:
            return
        try:
            from router.public_host import rewrite  # only with rewrites: no origin's host or path would show

            rewrite(cf, **self._rewrites)
        except Exception as error:  # noqa: BLE001  the rule of the edge
            self._log.fault(events.request_id(cf), f"not-rewritten:{type(error).__name__}")

    def _on_origin_request(self, cf: events.Cf) -> None:
        started = self._timer()
        try:
            request = events.read_request(cf, self._region)
            decision, live = self._decide(request)
            named, metrics = decision.origin, self._metrics
            origin = self._origins[named] if isinstance(named, str) else named
            headers = events.public_headers(cf, origin, **self._public) if self._public else {}
            if metrics:
                headers[metrics.header] = metrics.trace(decision)
            if self._sets_cookies:
                headers[MEMO_HEADER] = decision.memo
            counted = metrics.of_request(decision, request.request_id) if metrics else {}
            self._write(cf, origin, headers)
            self._log.write(request, decision, round((self._timer() - started) * 1_000_000), live, counted)
        except Exception as error:  # noqa: BLE001  the rule of the edge
            self._log.fault(events.request_id(cf), _describe(error))
            events.leave_origin(cf)

    def _on_origin_response(self, cf: events.Cf) -> None:
        try:
            request = self._read(cf, self._region)
            response = events.read_response(cf, self._addresses)
            self._count_response(request, response)
            with self._deadline:
                self._respond(request, response)
            if response.cookies:
                from router.cache_control import add_cookies  # only with sets_cookies

                cf["response"]["headers"] = add_cookies(cf["response"].get("headers") or {}, response.cookies)
        except (DeadlineError, Exception) as error:  # noqa: BLE001  the rule of the edge
            if isinstance(error, DeadlineError):
                self.close()
            self._log.fault(events.request_id(cf), _describe(error))

    def _respond(self, request: Request, response: Response) -> None:
        """Let the strategy set a cookie, if it does so at all, but not on a response that caches replay to others."""
        if not self._sets_cookies:
            return
        from router.cache_control import is_shared_for_long  # only with sets_cookies: most strategies set none

        if not is_shared_for_long(response.cache_control):
            may_respond, self._live = self._precedence.may_respond(request, response, self._live)
            if may_respond:
                self._strategy.respond(request, response, self._live.assignment)

    def _count_response(self, request: Request, response: Response) -> None:
        if self._metrics is None:
            return
        counted = self._metrics.of_response(request.header(self._metrics.header), response)
        if counted:
            self._log.answer(request, response.status, counted)


def _describe(error: BaseException) -> str:
    """The error's type and line, never its text, which may hold a value from the request."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else "?"
    return f"error:{type(error).__name__}@{where}"
