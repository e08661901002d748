"""What is measured of a request counts when it is over: before that nobody knows whether it will be answered."""

from __future__ import annotations

import json
from collections.abc import Callable
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
        """A request is under way."""
        self._kept[request_id] = []

    def end(self, request_id: str) -> None:
        """It is over, however it ended."""
        for region, line in self._kept.pop(request_id, ()):
            self._collect(region, line)

    def take(self, region: str, line: str) -> None:
        """One line of a function's log."""
        kept = self._kept.get(_request_of(line)) if '"_aws"' in line else None
        if kept is None:
            self._collect(region, line)
        else:
            kept.append((region, line))


def _request_of(line: str) -> str:
    try:
        document: Any = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    request_id: object = cast("dict[str, Any]", document).get("requestId") if isinstance(document, dict) else ""
    return request_id if isinstance(request_id, str) else ""
