"""Show decisions: choose the readers, print the lines, and report Regions that cannot be read."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from cli.logs.reader import Line, LocalReader, Reader, local_reader
from cli.logs.stream import read_new, sources
from cli.output.console import err, warn
from cli.output.errors import EXIT_FAILED, OperationError, UsageError
from cli.output.outcome import add_problems, begin_lines
from cli.output.streams import output
from cli.stacks.running import AwsStack, LocalStack, RunningStack, announce, choose_stack
from cli.stacks.workspace import Target
from infra.config.aws_regions import region_error
from infra.naming.edge_functions import EDGE_REGION
from infra.settings.stack import Stack

POLL_SECONDS, LOCAL_POLL_SECONDS = 5.0, 0.5
LONGEST_SINCE_SECONDS = 30 * 86_400
HIDDEN = frozenset({"_aws", "strategy", "region", "origin", "reason", "fallback", "Stack", "Version", "Requests"})
"""Fields that stand elsewhere in a line, or are the same in each."""

_DURATION = re.compile(r"([1-9][0-9]{0,6})([smhd])")
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def show_decisions(target: Target, regions: Sequence[str], since: str, *, is_following: bool) -> None:
    """Print the decisions since a duration ago. SystemExit(1) if a Region cannot be read."""
    if target.is_json:
        begin_lines()
    start_ms = round((time.time() - parse_duration(since)) * 1_000)
    for region in regions:
        if problem := region_error(region, "logs"):
            raise UsageError(f"--region {problem}")
    opened = target.open_stack()
    running = choose_stack(target, EDGE_REGION)
    readers = _readers(opened, running, tuple(dict.fromkeys(regions)), start_ms)
    if not target.is_json:
        announce(_with_regions(running, readers))
    try:
        _show(readers, since, _json_line if target.is_json else _text_line, is_following=is_following)
    finally:
        for reader in readers:
            reader.close()


def _show(readers: Sequence[Reader], since: str, render: Callable[[Line], str], *, is_following: bool) -> None:
    count = print_new(readers, time.time, render)
    _report_errors(readers)
    if not count:
        err.print(f"no decision in the last {since} in {_extent(readers)}", markup=False)
    if is_following:
        with contextlib.suppress(KeyboardInterrupt):
            follow(readers, time.time, time.sleep, render)
    elif failed := [reader for reader in readers if reader.problem]:
        add_problems([_describe(reader) for reader in failed])
        raise SystemExit(EXIT_FAILED)


def parse_duration(duration: str) -> int:
    """Return "90s", "15m", "6h" or "2d" in seconds. UsageError."""
    found = _DURATION.fullmatch(duration)
    seconds = int(found[1]) * _UNIT_SECONDS[found[2]] if found else 0
    if not 0 < seconds <= LONGEST_SINCE_SECONDS:
        raise UsageError(f"--since {duration!r}: a duration from 1s to 30d, such as 90s, 15m, 6h or 2d")
    return seconds


def _readers(stack: Stack, running: RunningStack, regions: Sequence[str], start_ms: int) -> Sequence[Reader]:
    if isinstance(running, LocalStack):
        return [local_reader(running, regions, start_ms)]
    found = sources(stack, regions)
    if not found:
        raise UsageError(
            f"--region: {stack.settings.strategy} has a viewer-request function only, which logs to us-east-1"
        )
    return [Reader(source, start_ms) for source in found]


def _with_regions(running: RunningStack, readers: Sequence[Reader]) -> RunningStack:
    """The running stack with the Regions that are read."""
    if isinstance(running, LocalStack):
        return running
    found = list(dict.fromkeys(reader.source.region for reader in readers))
    return AwsStack(running.name, found[0], len(found))


def _extent(readers: Sequence[Reader]) -> str:
    return readers[0].source.region if len(readers) == 1 else f"{len(readers)} Regions"


def print_new(readers: Sequence[Reader], clock: Callable[[], float], render: Callable[[Line], str]) -> int:
    """Print the new lines and return their number."""
    count = 0
    for line in read_new(readers, round(clock() * 1_000)):
        output.write(render(line) + "\n")
        count += 1
        if output.lost is not None:
            break
    output.flush()
    return count


def follow(
    readers: Sequence[Reader],
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    render: Callable[[Line], str],
) -> None:
    """Print new lines until the output is closed.

    A Region that cannot be read is reported once, and later read from the same position.
    """
    known = {reader.source: reader.problem for reader in readers}
    is_local = all(isinstance(reader, LocalReader) for reader in readers)
    while output.lost is None:
        sleep(LOCAL_POLL_SECONDS if is_local else POLL_SECONDS)
        print_new(readers, clock, render)
        for reader in readers:
            if reader.problem and reader.problem != known[reader.source]:
                warn(_describe(reader))
            known[reader.source] = reader.problem


def _report_errors(readers: Sequence[Reader]) -> None:
    failed = [reader for reader in readers if reader.problem]
    if len(failed) == len(readers):
        raise OperationError(f"cannot read the log: {failed[0].problem}")
    for reader in failed:
        warn(_describe(reader))
    if all(reader.is_missing for reader in readers):
        groups = " and ".join(dict.fromkeys(reader.source.group for reader in readers))
        regions = ", ".join(dict.fromkeys(reader.source.region for reader in readers))
        raise OperationError(
            f"there is no log group {groups} in {regions}: deploy the stack, or use the credentials of its account"
        )


def _describe(reader: Reader) -> str:
    return f"{reader.source.region}: {reader.problem}"


def _json_line(line: Line) -> str:
    return json.dumps({"time": _time(line), "logRegion": line.region, **line.fields})


def _text_line(line: Line) -> str:
    fields = line.fields
    mark = " FALLBACK" if fields.get("fallback") else ""
    head = f"{_time(line)} {line.region} {_format(fields.get('origin', '-'))} {_format(fields['reason'])}{mark}"
    return " ".join([head, *_other_fields(fields)])


def _other_fields(fields: dict[str, Any]) -> Iterator[str]:
    return (f"{name}={_format(value)}" for name, value in fields.items() if name not in HIDDEN)


def _format(value: object) -> str:
    """Printable text as it is, everything else as JSON."""
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value)


def _time(line: Line) -> str:
    at = datetime.fromtimestamp(line.time_ms / 1_000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{line.time_ms % 1_000:03}Z"
