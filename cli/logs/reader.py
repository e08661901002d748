"""Readers of decision lines: a log group in a Region, or the local edge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from cli.stacks.aws import client
from cli.stacks.running import LocalStack

OVERLAP_MS = 60_000
"""Lines are late: Lambda sends them in batches, and CloudWatch Logs makes them searchable after some seconds."""
MAX_SEEN = 50_000
"""Event IDs that are remembered before the first pass over them."""


@dataclass(frozen=True)
class Source:
    """A log group in a Region, and the filter pattern for CloudWatch Logs."""

    region: str
    group: str
    pattern: str


@dataclass(frozen=True)
class Line:
    """A logged decision; the time is in milliseconds since 1970, `event_id` is CloudWatch's."""

    time_ms: int
    region: str
    event_id: str
    fields: dict[str, Any]


@dataclass
class Reader:
    """One source and the position in it; `problem` is the error of the last read, or ""."""

    source: Source
    start_ms: int
    problem: str = ""
    is_missing: bool = False
    seen: dict[str, int] = field(default_factory=dict[str, int])
    newest_ms: int = 0
    _forget_at: int = MAX_SEEN
    _logs: Any = None

    def page(self, end_ms: int, token: str | None) -> tuple[list[Line], str | None]:
        """Return the next lines in time order, at most 1 MB, and the token of the next page.

        A Region without requests so far may have no log group, and no lines. Raises botocore's errors.
        """
        if self._logs is None:
            self._logs = client("logs", self.source.region)
        more = {"nextToken": token} if token else {}
        try:
            response = self._logs.filter_log_events(
                logGroupName=self.source.group,
                startTime=self.start_ms,
                endTime=end_ms,
                filterPattern=self.source.pattern,
                **more,
            )
        except self._logs.exceptions.ResourceNotFoundException:
            self.is_missing = True
            return [], None
        self.is_missing = False
        lines = [line for event in response["events"] if (line := read_line(event, self.source.region)) is not None]
        return sorted(lines, key=lambda line: line.time_ms), response.get("nextToken")

    def close(self) -> None:
        """Close its connection."""
        if self._logs is not None:
            self._logs.close()

    def add(self, line: Line) -> bool:
        """Return True for a new line, and remember it as long as it can be read again."""
        is_new = line.event_id not in self.seen
        self.seen[line.event_id] = line.time_ms
        self.newest_ms = max(self.newest_ms, line.time_ms)
        if len(self.seen) > self._forget_at:
            self._forget(self.newest_ms - OVERLAP_MS)
            self._forget_at = max(MAX_SEEN, 2 * len(self.seen))
        return is_new

    def move_to(self, time_ms: int) -> None:
        """Start the next read a little before this time, for late lines."""
        self.start_ms = max(self.start_ms, time_ms - OVERLAP_MS)
        self._forget(self.start_ms)

    def _forget(self, before_ms: int) -> None:
        self.seen = {event: time_ms for event, time_ms in self.seen.items() if time_ms >= before_ms}


@dataclass
class LocalReader(Reader):
    """The local edge with all its Regions; `regions` selects some of them, empty for all."""

    here: LocalStack | None = None
    regions: Sequence[str] = ()
    _client: Any = field(default=None, repr=False)

    def page(self, end_ms: int, token: str | None) -> tuple[list[Line], str | None]:  # noqa: ARG002  there is one page
        """Return all lines until then, in time order. OperationError if the stack is not up any more."""
        import httpx

        assert self.here is not None  # local_reader sets it
        try:
            if self._client is None:
                self._client = httpx.Client(base_url=self.here.notes["statusUrl"], trust_env=False, timeout=10)
            parameters = {"start": self.start_ms, "end": end_ms}
            events = self._client.get("lines", params=parameters).raise_for_status().json()["events"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise self.here.gone_error() from error
        lines = [line for event in events if (line := read_line(event, event["region"])) is not None]
        selected = [line for line in lines if not self.regions or line.region in self.regions]
        return sorted(selected, key=lambda line: line.time_ms), None

    def close(self) -> None:
        """Close its connection."""
        if self._client is not None:
            self._client.close()


def local_reader(here: LocalStack, regions: Sequence[str], start_ms: int) -> LocalReader:
    """Return a reader of the local edge from this time on, in milliseconds since 1970."""
    return LocalReader(Source(here.text, "", ""), start_ms, here=here, regions=regions)


def read_line(event: dict[str, Any], region: str) -> Line | None:
    """Parse a log event; None if it is not a decision. CloudFront writes the request ID before a function's line."""
    message = event["message"]
    start = message.find("{")
    try:
        fields: Any = json.loads(message[start:]) if start >= 0 else None
    except ValueError:
        return None
    known = cast("dict[str, Any]", fields) if isinstance(fields, dict) else {}
    if not isinstance(known.get("reason"), str):
        return None
    return Line(event["timestamp"], region, event["eventId"], known)
