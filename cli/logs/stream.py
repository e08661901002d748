"""Decision lines out of the log groups of many Regions, as one stream in time order."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, cast

from cli.output.errors import OperationError
from cli.stacks.aws import client, problem_of
from infra.naming.edge_functions import ANY_DECISION, EDGE_REGION, log_group_name, viewer_log_group_name
from infra.settings.stack import Stack

MAX_THREADS = 16
OVERLAP_MS = 60_000
"""Lines come late: Lambda hands them over in batches, and CloudWatch Logs makes them searchable after some seconds."""
MAX_SEEN = 50_000
"""Ids of lines that are remembered before the first look over them."""


@dataclass(frozen=True)
class Source:
    """A log group in a Region, and the filter that CloudWatch Logs applies before it answers."""

    region: str
    group: str
    pattern: str


@dataclass(frozen=True)
class Line:
    """A decision as it was logged, in milliseconds since 1970; `event_id` is CloudWatch's."""

    time_ms: int
    region: str
    event_id: str
    fields: dict[str, Any]


@dataclass
class Reader:
    """One source, and how far it has been read; `problem` says why the last look brought nothing, "" where it did."""

    source: Source
    start_ms: int
    problem: str = ""
    is_missing: bool = False
    seen: dict[str, int] = field(default_factory=dict[str, int])
    newest_ms: int = 0
    _forget_at: int = MAX_SEEN
    _logs: Any = None

    def page(self, end_ms: int, token: str | None) -> tuple[list[Line], str | None]:
        """The next lines in time order, at most 1 MB, and the token of those after them.

        A Region where nobody has been routed yet may have no group: then there is nothing. Raises botocore's errors.
        """
        if self._logs is None:
            self._logs = client("logs", self.source.region)
        more = {"nextToken": token} if token else {}
        try:
            answer = self._logs.filter_log_events(
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
        lines = [line for event in answer["events"] if (line := read_line(event, self.source.region)) is not None]
        return sorted(lines, key=lambda line: line.time_ms), answer.get("nextToken")

    def close(self) -> None:
        """Its connection."""
        if self._logs is not None:
            self._logs.close()

    def is_new(self, line: Line) -> bool:
        """Whether it has not been asked about before; it is remembered as long as it can come again."""
        is_new = line.event_id not in self.seen
        self.seen[line.event_id] = line.time_ms
        self.newest_ms = max(self.newest_ms, line.time_ms)
        if len(self.seen) > self._forget_at:
            self._forget(self.newest_ms - OVERLAP_MS)
            self._forget_at = max(MAX_SEEN, 2 * len(self.seen))
        return is_new

    def read_until(self, time_ms: int) -> None:
        """The next look begins a little earlier, for what comes late; what was seen there is not told again."""
        self.start_ms = max(self.start_ms, time_ms - OVERLAP_MS)
        self._forget(self.start_ms)

    def _forget(self, before_ms: int) -> None:
        self.seen = {event: time_ms for event, time_ms in self.seen.items() if time_ms >= before_ms}


def sources(stack: Stack, regions: Sequence[str]) -> list[Source]:
    """Where a stack's decisions are logged; `regions` narrows it down, empty for all of `logs.regions`.

    A function before the cache that decides logs to us-east-1 only ("Edge function logs").
    """
    needs = stack.settings.needs
    found: list[Source] = []
    if needs.origin_request:
        group = log_group_name(stack.prefix)
        found += [Source(region, group, ANY_DECISION) for region in regions or stack.settings.logs.regions]
    if needs.version_header and (not regions or EDGE_REGION in regions):
        group = viewer_log_group_name(f"{stack.prefix}-{needs.viewer_function}")
        found.append(Source(EDGE_REGION, group, '"reason"'))
    return found


def look(readers: Sequence[Reader], end_ms: int) -> Iterator[Line]:
    """What is new in all sources up to a time, in time order. Two pages of each source are in memory at most."""
    pool = ThreadPoolExecutor(max_workers=min(MAX_THREADS, len(readers)))
    try:
        first = [pool.submit(reader.page, end_ms, None) for reader in readers]
        streams = [_lines(pool, reader, page, end_ms) for reader, page in zip(readers, first, strict=True)]
        yield from heapq.merge(*streams, key=lambda line: line.time_ms)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _lines(pool: ThreadPoolExecutor, reader: Reader, page: Future[Any] | None, end_ms: int) -> Iterator[Line]:
    """The next page is on its way while this one is told. What fails ends this source, and no other."""
    from botocore.exceptions import BotoCoreError, ClientError

    problem, until_ms = "", end_ms
    try:
        while page is not None:
            lines, token = page.result()
            page = pool.submit(reader.page, end_ms, token) if token else None
            for line in lines:
                if reader.is_new(line):
                    yield line
    except (BotoCoreError, ClientError) as error:
        problem, until_ms = problem_of(error, reader.source.region), reader.newest_ms
    except OperationError as error:
        problem, until_ms = str(error), reader.newest_ms
    reader.problem = problem
    reader.read_until(until_ms)


def read_line(event: dict[str, Any], region: str) -> Line | None:
    """A log event as a decision; None for what is none. CloudFront writes the request's id before a function's line."""
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
