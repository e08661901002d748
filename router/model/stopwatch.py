"""Elapsed time in an environment that Lambda freezes between requests."""

from __future__ import annotations

import time

from router.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


@record
class Stopwatch:
    """Elapsed time by two clocks: a frozen environment may stop either of them, so the larger figure counts."""

    clock: Callable[[], float]
    timer: Callable[[], float] = time.monotonic

    def now(self) -> tuple[float, float]:
        return self.clock(), self.timer()

    def elapsed(self, since: tuple[float, float]) -> float:
        """Seconds since a `now()`."""
        return max(self.clock() - since[0], self.timer() - since[1])
