"""The limits of a validation: requests in all, requests a second, and the time by which it ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from validator.traffic.failures import StoppedError

MAX_FAILURES_IN_A_ROW = 5
"""A site that does not answer is not asked on: the report comes after a few timeouts, not after hundreds."""


class Pace:
    """Says when the next request may go out. Times are those of `clock`, in seconds."""

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

    async def turn(self) -> None:
        """Returns when a request may be sent, which is counted. StoppedError when no more may be."""
        if self._failures_in_a_row >= MAX_FAILURES_IN_A_ROW:
            raise StoppedError(f"not asked: {MAX_FAILURES_IN_A_ROW} requests in a row had no answer")
        if self.requests >= self._max_requests:
            raise StoppedError(f"not asked: {self._max_requests} requests were sent, which is the limit")
        now = self._clock()
        slot = max(now, self._next)
        if slot - self._started >= self._deadline_seconds:
            raise self.is_over()
        # Counted and reserved before the wait: others ask for their turn meanwhile.
        self.requests += 1
        self._next = slot + self._seconds_between
        if slot > now:
            await self._sleep(slot - now)

    def is_over(self) -> StoppedError:
        """What to raise where the time is up."""
        return StoppedError(f"not asked: the time is up, {self._deadline_seconds:g} s")

    def note(self, *, has_answered: bool) -> None:
        """How a request ended."""
        self._failures_in_a_row = 0 if has_answered else self._failures_in_a_row + 1
