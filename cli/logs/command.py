"""`edge-router logs`: the decisions of all Regions, as one stream in time order."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cli.logs.local import LocalReader, local_reader
from cli.logs.stream import Line, Reader, look, sources
from cli.output.console import err, warn
from cli.output.errors import EXIT_FAILED, OperationError, UsageError
from cli.output.outcome import add_problems, begin_lines
from cli.output.streams import output
from cli.stacks.load import open_stack
from cli.stacks.running import AwsOption, AwsStack, LocalOption, LocalStack, RunningStack, announce, choose_stack
from infra.config.aws_regions import region_error
from infra.naming.edge_functions import EDGE_REGION
from infra.settings.stack import Stack

POLL_SECONDS, LOCAL_POLL_SECONDS = 5.0, 0.5
LONGEST_SINCE_SECONDS = 30 * 86_400
UNSAID = frozenset({"_aws", "strategy", "region", "origin", "reason", "fallback", "Stack", "Version", "Requests"})
"""What stands elsewhere in a line, or says the same in each."""

_DURATION = re.compile(r"([1-9][0-9]{0,6})([smhd])")
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def logs(
    stack: Annotated[str, typer.Option("--stack", "-s", metavar="NAME", help="The stack: staging, prod …")] = "local",
    regions: Annotated[
        list[str] | None,
        typer.Option("--region", metavar="REGION", help="This Region only (repeatable).", show_default="logs.regions"),
    ] = None,
    since: Annotated[str, typer.Option(metavar="DURATION", help="How far back: 90s, 15m, 6h, 2d.")] = "15m",
    is_following: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new ones until Ctrl-C.")] = False,
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    is_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
) -> None:
    """Show the decisions of all Regions as one stream in time order: of a stack in AWS, or of the local edge.

    Exit code 0: all Regions were read. 1: one or more could not be. 2: it cannot run.
    """
    if is_json:
        begin_lines()
    start_ms = round((time.time() - seconds_of(since)) * 1_000)
    for region in regions or []:
        if problem := region_error(region, "logs"):
            raise UsageError(f"--region {problem}")
    opened = open_stack(stack)
    running = choose_stack(stack, EDGE_REGION, is_local=is_local, is_aws=is_aws)
    readers = _readers(opened, running, tuple(dict.fromkeys(regions or [])), start_ms)
    if not is_json:
        announce(_extended(running, readers))
    try:
        _show(readers, since, _json_line if is_json else _text_line, is_following=is_following)
    finally:
        for reader in readers:
            reader.close()


def _show(readers: Sequence[Reader], since: str, told: Callable[[Line], str], *, is_following: bool) -> None:
    count = tell(readers, time.time, told)
    _complain(readers)
    if not count:
        err.print(f"no decision in the last {since} in {_extent(readers)}", markup=False)
    if is_following:
        with contextlib.suppress(KeyboardInterrupt):
            follow(readers, time.time, time.sleep, told)
    elif failed := [reader for reader in readers if reader.problem]:
        add_problems([_of_region(reader) for reader in failed])
        raise SystemExit(EXIT_FAILED)


def seconds_of(duration: str) -> int:
    """ "90s", "15m", "6h" and "2d" in seconds; UsageError for anything else."""
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
        raise UsageError(f"--region: {stack.settings.strategy} runs before the cache only, and logs to us-east-1")
    return [Reader(source, start_ms) for source in found]


def _extended(running: RunningStack, readers: Sequence[Reader]) -> RunningStack:
    """As it is told: with the Regions that are read."""
    if isinstance(running, LocalStack):
        return running
    found = list(dict.fromkeys(reader.source.region for reader in readers))
    return AwsStack(running.name, found[0], len(found))


def _extent(readers: Sequence[Reader]) -> str:
    is_one = len(readers) == 1
    return readers[0].source.region if is_one else f"{len(readers)} Regions"


def tell(readers: Sequence[Reader], clock: Callable[[], float], told: Callable[[Line], str]) -> int:
    """Print what is new, and say how much that is."""
    count = 0
    for line in look(readers, round(clock() * 1_000)):
        output.write(told(line) + "\n")
        count += 1
        if output.lost is not None:
            break
    output.flush()
    return count


def follow(
    readers: Sequence[Reader],
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    told: Callable[[Line], str],
) -> None:
    """For ever, or as long as somebody reads it.

    A Region that cannot be read is named once, and read from where it was when that is over.
    """
    known = {reader.source: reader.problem for reader in readers}
    is_near = all(isinstance(reader, LocalReader) for reader in readers)
    while output.lost is None:
        sleep(LOCAL_POLL_SECONDS if is_near else POLL_SECONDS)
        tell(readers, clock, told)
        for reader in readers:
            if reader.problem and reader.problem != known[reader.source]:
                warn(_of_region(reader))
            known[reader.source] = reader.problem


def _complain(readers: Sequence[Reader]) -> None:
    failed = [reader for reader in readers if reader.problem]
    if len(failed) == len(readers):
        raise OperationError(f"cannot read the log: {failed[0].problem}")
    for reader in failed:
        warn(_of_region(reader))
    if all(reader.is_missing for reader in readers):
        groups = " and ".join(dict.fromkeys(reader.source.group for reader in readers))
        regions = ", ".join(dict.fromkeys(reader.source.region for reader in readers))
        raise OperationError(
            f"there is no log group {groups} in {regions}: is the stack deployed, and in the account of these"
            " credentials?"
        )


def _of_region(reader: Reader) -> str:
    return f"{reader.source.region}: {reader.problem}"


def _json_line(line: Line) -> str:
    return json.dumps({"time": _time(line), "logRegion": line.region, **line.fields})


def _text_line(line: Line) -> str:
    fields = line.fields
    mark = " FALLBACK" if fields.get("fallback") else ""
    head = f"{_time(line)} {line.region} {_shown(fields.get('origin', '-'))} {_shown(fields['reason'])}{mark}"
    return " ".join([head, *_rest(fields)])


def _rest(fields: dict[str, Any]) -> Iterator[str]:
    return (f"{name}={_shown(value)}" for name, value in fields.items() if name not in UNSAID)


def _shown(value: object) -> str:
    """Text as it is, where a terminal can take it."""
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value)


def _time(line: Line) -> str:
    at = datetime.fromtimestamp(line.time_ms / 1_000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{line.time_ms % 1_000:03}Z"
