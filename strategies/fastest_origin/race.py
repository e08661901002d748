"""A race of probes: the first healthy response wins, the others are cancelled, and freezes are discarded."""

from __future__ import annotations

import threading
import time

from router.model.deadline import uninterrupted
from strategies.fastest_origin.probes import Cancellation, name_failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    from router.model.deadline import Stopwatch
    from router.model.decision import Origin

    class Probe(Protocol):
        """Probes one origin; returns an HTTP status code, or raises where there is none within the time-out."""

        def __call__(self, origin: Origin, path: str, timeout_seconds: float, cancellation: Cancellation, /) -> int: ...


JOIN_SECONDS = 0.01
"""The longest wait of a new race, in all, for cancelled threads of the last one."""


class Race:
    """One probe per candidate. Threads report in; the strategy's thread reads `winner`, `down` and `is_over`.

    `down` maps failed candidates to the failure. Those in `discarded` reported after `limit_seconds`, or not at all:
    the environment was frozen meanwhile, and that, not the origin, was measured. The end is a plain lock, because the
    router's alarm in the wrong place within `Event.wait` leaves the event's own lock taken.
    """

    def __init__(self, candidates: list[str], stopwatch: Stopwatch, limit_seconds: float) -> None:
        self.started = stopwatch.now()
        self.winner = ""
        self.down: dict[str, str] = {}
        self.discarded: set[str] = set()
        self._stopwatch = stopwatch
        self._limit_seconds = limit_seconds
        self._lock = threading.Lock()
        self._running = {name: Cancellation() for name in candidates}
        self._has_ended = False
        self._unfinished = threading.Lock()
        self._unfinished.acquire()
        if not candidates:
            self._end()

    @property
    def is_over(self) -> bool:
        return self._has_ended or self.is_overdue

    @property
    def is_overdue(self) -> bool:
        return self._stopwatch.elapsed(self.started) > self._limit_seconds

    def run(self, name: str, probe: Callable[[Cancellation], int]) -> None:
        """Run a candidate's probe in its thread. Whatever it raises means that the candidate is down."""
        try:
            status = probe(self._running[name])
            failure = "" if status < 500 else f"status-{status}"
        except Exception as error:  # noqa: BLE001  a thread has nobody to raise to
            failure = name_failure(error)
        self.report(name, failure)

    def report(self, name: str, failure: str) -> None:
        """Take a candidate's result; "" is a healthy response. The first of those, in time, cancels all others."""
        with self._lock:
            del self._running[name]
            if self._has_ended:
                return
            if self.is_overdue:
                self.discarded.add(name)
            elif failure:
                self.down[name] = failure
            else:
                self.winner = name
            if self.winner or not self._running:
                self._end()

    def wait(self) -> None:
        """Wait for the end, at most for the limit, then cancel. Nothing freezes meanwhile: no response means down."""
        try:
            if not self._has_ended:
                self._unfinished.acquire(timeout=self._limit_seconds)
        except BaseException:
            self.abandon()
            raise
        self._finish()

    @uninterrupted
    def _finish(self) -> None:
        with self._lock:
            if not self.winner:
                self.down |= dict.fromkeys([*self._running, *self.discarded], "timeout")
                self.discarded.clear()
                self._end()

    @uninterrupted
    def abandon(self) -> None:
        """Cancel all running probes; unless the race is over, they are discarded."""
        with self._lock:
            if not self._has_ended:
                self.discarded.update(self._running)
            self._end()

    def _end(self) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._unfinished.release()
        for cancellation in self._running.values():
            cancellation.cancel()


class ProbePool:
    """Starts races among the same origins, with at most one running probe per origin.

    A probe that hangs where it cannot be cancelled (name resolution) keeps its origin out of later races until it
    returns, so threads never pile up.
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
        """Start a race among the origins whose last probe has ended, perhaps none."""
        until = time.monotonic() + JOIN_SECONDS
        candidates = [name for name in self._origins if not self._is_busy(name, until)]
        race = Race(candidates, self._stopwatch, self._limit_seconds)
        for name in candidates:
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
