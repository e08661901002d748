"""The limits of a validation: the rate, the number of requests, and the deadline."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

MAX_FAILURES_IN_A_ROW = 5
"""A site that does not respond gets no more requests: the report comes after a few timeouts, not after hundreds."""


class LimitError(Exception):
    """A request that a limit of the validation prevented or canceled."""


class Limits:
    """Limits the requests by `clock`, in seconds."""

    def __init__(
        self,
        rate: float,
        max_requests: int,
        deadline_seconds: float,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.requests = 0
        self._seconds_between = 1 / rate
        self._max_requests = max_requests
        self._deadline_seconds = deadline_seconds
        self._clock, self._sleep = clock, sleep
        self._started = self._next = clock()
        self._failures_in_a_row = 0

    @property
    def elapsed_seconds(self) -> float:
        return self._clock() - self._started

    @property
    def seconds_left(self) -> float:
        return self._deadline_seconds - self.elapsed_seconds

    async def wait(self) -> None:
        """Wait until the next request may be sent, and count it. LimitError where no more may be sent."""
        if self._failures_in_a_row >= MAX_FAILURES_IN_A_ROW:
            raise LimitError(f"{MAX_FAILURES_IN_A_ROW} requests in a row got no response")
        if self.requests >= self._max_requests:
            raise LimitError(f"the limit of {self._max_requests} requests is reached")
        now = self._clock()
        slot = max(now, self._next)
        if slot - self._started >= self._deadline_seconds:
            raise self.deadline_error()
        # Counted and reserved before the wait, during which others call this.
        self.requests += 1
        self._next = slot + self._seconds_between
        if slot > now:
            await self._sleep(slot - now)

    def deadline_error(self) -> LimitError:
        """Return the error of a request after the deadline."""
        return LimitError(f"the time limit of {self._deadline_seconds:g} s is over")

    def record(self, *, has_response: bool) -> None:
        """Record the end of a request."""
        self._failures_in_a_row = 0 if has_response else self._failures_in_a_row + 1
