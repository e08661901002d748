"""The last lines that functions wrote, for whoever asks what was decided."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from itertools import count

MAX_LINES = 20_000


class RecentLines:
    """Keeps the last lines that say a reason: decisions and faults, of all functions and Regions.

    `clock` gives seconds since 1970.
    """

    def __init__(self, max_lines: int = MAX_LINES, clock: Callable[[], float] = time.time) -> None:
        self._lines: deque[dict[str, object]] = deque(maxlen=max_lines)
        self._numbers = count()
        self._clock = clock

    def take(self, region: str, line: str) -> None:
        """One line of a function's log."""
        if '"reason"' in line:
            at_ms = round(self._clock() * 1000)
            event = {"eventId": f"local-{next(self._numbers)}", "timestamp": at_ms, "message": line, "region": region}
            self._lines.append(event)

    def between(self, start_ms: int, end_ms: int) -> list[dict[str, object]]:
        """As CloudWatch Logs has its events, with the Region, in the order in which they came."""
        return [event for event in self._lines if start_ms <= int(str(event["timestamp"])) <= end_ms]
