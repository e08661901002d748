"""Log lines of functions: those of requests in progress, and the last ones that name a reason."""

import json
import time
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Any, cast

Collect = Callable[[str, str], None]
"""Called with (Region, line)."""


class LinesUnderWay:
    """Keeps lines with metrics until their request is over, by CloudFront's id of it, and then hands them to `collect`.

    AWS does not: there an answer that is missing is waited for (controller.sources.cloudwatch). Lines of requests that
    nobody has begun, and lines without metrics, are handed on at once.
    """

    def __init__(self, collect: Collect) -> None:
        self._collect = collect
        self._kept: dict[str, list[tuple[str, str]]] = {}

    def begin(self, request_id: str) -> None:
        self._kept[request_id] = []

    def end(self, request_id: str) -> None:
        """Collect the lines of a request that has ended."""
        for region, line in self._kept.pop(request_id, ()):
            self._collect(region, line)

    def take(self, region: str, line: str) -> None:
        kept = self._kept.get(_request_id(line)) if '"_aws"' in line else None
        if kept is None:
            self._collect(region, line)
        else:
            kept.append((region, line))


def _request_id(line: str) -> str:
    try:
        document: Any = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    request_id: object = cast("dict[str, Any]", document).get("requestId") if isinstance(document, dict) else ""
    return request_id if isinstance(request_id, str) else ""


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
        if '"reason"' in line:
            at_ms = round(self._clock() * 1000)
            number = next(self._numbers)
            self._lines.append({"eventId": f"local-{number}", "timestamp": at_ms, "message": line, "region": region})

    def between(self, start_ms: int, end_ms: int) -> list[dict[str, object]]:
        """Events in the shape of CloudWatch Logs, with the Region, in order of arrival."""
        return [event for event in self._lines if start_ms <= int(str(event["timestamp"])) <= end_ms]
