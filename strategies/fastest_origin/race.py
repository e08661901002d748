"""A race of probes: the first healthy answer wins, losers are cancelled, and what a freeze spoiled does not count."""

from __future__ import annotations

import threading
import time

from router.model.deadline import uninterrupted
from strategies.fastest_origin.probes import Cancellation, name_failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    from router.model.origin import Origin
    from router.model.stopwatch import Stopwatch

    class Probe(Protocol):
        """Asks one origin; an HTTP status, or an exception where there is none within the time-out."""

        def __call__(self, origin: Origin, path: str, timeout_seconds: float, cancellation: Cancellation, /) -> int: ...


JOIN_SECONDS = 0.01
"""What a new race waits, in all, for cancelled threads of the last one to end."""


class Race:
    """One probe per entrant. Threads report in; the strategy's thread reads `winner`, `down` and `is_over`.

    `down` maps the entrants that honestly failed to the failure. Those in `spoiled` reported after `limit_seconds`, or
    not at all: the environment was frozen meanwhile, and that, not the origin, was measured. The end is waited for by
    a plain lock, for the router's alarm in the wrong place within `Event.wait` leaves the event's own lock taken.
    """

    def __init__(self, entrants: list[str], stopwatch: Stopwatch, limit_seconds: float) -> None:
        self.started = stopwatch.now()
        self.winner = ""
        self.down: dict[str, str] = {}
        self.spoiled: set[str] = set()
        self._stopwatch = stopwatch
        self._limit_seconds = limit_seconds
        self._lock = threading.Lock()
        self._running = {name: Cancellation() for name in entrants}
        self._has_ended = False
        self._under_way = threading.Lock()
        self._under_way.acquire()
        if not entrants:
            self._end()

    @property
    def is_over(self) -> bool:
        return self._has_ended or self.is_overdue

    @property
    def is_overdue(self) -> bool:
        return self._stopwatch.elapsed(self.started) > self._limit_seconds

    def run(self, name: str, probe: Callable[[Cancellation], int]) -> None:
        """Body of an entrant's thread. Whatever the probe raises means that the candidate is down."""
        try:
            status = probe(self._running[name])
            failure = "" if status < 500 else f"status-{status}"
        except Exception as error:  # noqa: BLE001  a thread has nobody to raise to
            failure = name_failure(error)
        self.report(name, failure)

    def report(self, name: str, failure: str) -> None:
        """An entrant is done; "" is a healthy answer. The first of those, in time, cancels all others."""
        with self._lock:
            del self._running[name]
            if self._has_ended:
                return
            if self.is_overdue:
                self.spoiled.add(name)
            elif failure:
                self.down[name] = failure
            else:
                self.winner = name
            if self.winner or not self._running:
                self._end()

    def wait(self) -> None:
        """Wait for the end, at most for the limit, then cancel. Nothing freezes meanwhile, so no answer means down."""
        try:
            if not self._has_ended:
                self._under_way.acquire(timeout=self._limit_seconds)
        except BaseException:
            self.abandon()
            raise
        self._call_off()

    @uninterrupted
    def _call_off(self) -> None:
        with self._lock:
            if not self.winner:
                self.down |= dict.fromkeys([*self._running, *self.spoiled], "timeout")
                self.spoiled.clear()
                self._end()

    @uninterrupted
    def abandon(self) -> None:
        """Cancel whatever still runs; unless the race is over, that is spoiled."""
        with self._lock:
            if not self._has_ended:
                self.spoiled.update(self._running)
            self._end()

    def _end(self) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._under_way.release()
        for cancellation in self._running.values():
            cancellation.cancel()


class Racecourse:
    """Starts races among the same origins, with never more than one probe per origin under way.

    A probe that hangs where it cannot be cancelled (name resolution) keeps its origin out of later races until it
    returns, so threads never pile up: there is at most one per candidate.
    """

    def __init__(
        self,
        origins: Mapping[str, Origin],
        path: str,
        timeout_seconds: float,
        limit_seconds: float,
        *,
        stopwatch: Stopwatch,
        probe: Probe,
    ) -> None:
        self._origins = origins
        self._path = path
        self._timeout_seconds = timeout_seconds
        self._limit_seconds = limit_seconds
        self._stopwatch = stopwatch
        self._probe = probe
        self._threads: dict[str, threading.Thread] = {}

    @uninterrupted
    def start(self) -> Race:
        """A race among the origins whose last probe has ended, none of them perhaps."""
        until = time.monotonic() + JOIN_SECONDS
        entrants = [name for name in self._origins if not self._is_busy(name, until)]
        race = Race(entrants, self._stopwatch, self._limit_seconds)
        for name in entrants:
            self._start_thread(race, name)
        return race

    def _is_busy(self, name: str, until: float) -> bool:
        thread = self._threads.get(name)
        if thread is None:
            return False
        thread.join(max(0.0, until - time.monotonic()))
        return thread.is_alive()

    def _start_thread(self, race: Race, name: str) -> None:
        def probe(cancellation: Cancellation) -> int:
            return self._probe(self._origins[name], self._path, self._timeout_seconds, cancellation)

        thread = threading.Thread(target=race.run, args=(name, probe), name=f"probe-{name}", daemon=True)
        try:
            thread.start()
            self._threads[name] = thread
        except RuntimeError:  # "can't start new thread"
            race.report(name, "no-thread")
