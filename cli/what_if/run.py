"""Reading a log and answering what another percentage would do."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from cli.output.console import err, print_json, warn
from cli.output.errors import EXIT_LEFT, OperationError, UsageError
from cli.output.progress import PLAIN_EVERY_SECONDS
from infra.settings.stack import Stack
from what_if.files import LogError
from what_if.findings import Findings, read_findings
from what_if.rules import Rules, read_rules

if TYPE_CHECKING:
    from what_if.files import Logs

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Asked:
    """The question: a place of logs, a percentage, and what is to be looked at."""

    log: str
    percent: float
    has_plan: bool = False
    fields: tuple[str, ...] = ()
    duration_ms: float = 5
    is_offline: bool = False
    is_athena: bool = False
    region: str = "us-east-1"
    workgroup: str = "primary"
    output: str = ""

    def at(self, is_athena: bool, region: str, workgroup: str, output: str) -> Self:
        """Return the same, read by Athena or from S3 in a Region."""
        return replace(self, is_athena=is_athena, region=region, workgroup=workgroup, output=output)


@dataclass(frozen=True)
class Read:
    """The findings, the number of files, those that could not be read, and the bytes that Athena scanned."""

    findings: Findings
    files: int = 0
    unreadable: tuple[tuple[str, str], ...] = ()
    scanned_bytes: int = 0


def ask(stack: Stack, asked: Asked, *, is_json: bool) -> None:
    """Read the log and print the answer. SystemExit(3) if a file could not be read."""
    from cli.rollout.change import read_plan
    from cli.what_if.answer import Answer
    from cli.what_if.report import print_answer

    if not stack.settings.needs.by_percentage:
        raise UsageError(
            f"{stack.project}:strategy is {stack.settings.strategy}, which does not assign visitors by a percentage:"
            " nobody would move"
        )
    plan = read_plan(stack) if asked.has_plan else None
    rules = read_rules(stack, asked.percent, plan.steps if plan else ())
    try:
        read = _read_athena(rules, asked) if asked.is_athena else _read_files(rules, asked)
    except LogError as error:
        raise OperationError(str(error)) from error
    if not read.findings.total.requests:
        unread = "".join(f"; {name}: {reason}" for name, reason in read.unreadable)
        found = f"none of {read.findings.lines:,} lines is a request" if read.findings.lines else "no line of a log"
        raise OperationError(f"{asked.log}: {found}{unread}")
    for name, reason in read.unreadable:
        warn(f"{name}: {reason}; it is not in the answer")
    found = Answer(stack, asked, read, plan, time.time())
    if is_json:
        print_json(found.document())
    else:
        print_answer(found)
    if read.unreadable:
        raise SystemExit(EXIT_LEFT)


def _read_files(rules: Rules, asked: Asked) -> Read:
    from cli.stacks.aws import client
    from cli.stacks.aws_errors import aws_errors
    from what_if.local import DuckDb
    from what_if.s3 import S3Objects, is_in_s3

    with contextlib.ExitStack() as stack:
        logs: Logs
        if is_in_s3(asked.log):
            s3 = stack.enter_context(closing(client("s3", asked.region)))
            stack.enter_context(aws_errors(f"cannot read {asked.log}", asked.region))
            logs = S3Objects(s3, asked.log)
        else:
            logs = _find_files(asked.log)
        total = sum(entry.size for entry in logs.entries)
        progress = stack.enter_context(_reading(total))
        database = stack.enter_context(DuckDb(rules, asked.fields, progress))
        database.read(logs)
        findings = read_findings(database.rows(), rules)
        return Read(findings, len(logs.entries), tuple(database.unreadable.items()))


def _find_files(place: str) -> Logs:
    """Return the files of a place on this machine. UsageError if there are none."""
    from what_if.files import LocalFiles

    try:
        return LocalFiles(place)
    except LogError as error:
        raise UsageError(str(error)) from error


def _read_athena(rules: Rules, asked: Asked) -> Read:
    from cli.stacks.aws import client
    from cli.stacks.aws_errors import aws_errors
    from what_if.athena import Athena

    with (
        closing(client("athena", asked.region)) as athena,
        closing(client("glue", asked.region)) as glue,
        aws_errors(f"cannot query {asked.log} with Athena", asked.region),
        _reading(0) as progress,
    ):
        found = Athena(athena, glue, asked.log, asked.workgroup, asked.output).ask(rules, progress)
    return Read(read_findings(found.rows, rules), scanned_bytes=found.scanned_bytes)


@contextlib.contextmanager
def _reading(total: int, clock: Callable[[], float] = time.monotonic) -> Generator[Callable[[int], None]]:
    """Yield a callable that takes the bytes read so far: a bar on a terminal, elsewhere a line every few seconds.

    `total` is 0 where it is unknown.
    """
    if err.is_interactive:
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

        columns: tuple[Any, ...] = (TextColumn("reading the log"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=err.console, transient=True) as progress:
            task = progress.add_task("", total=total or None)
            yield lambda done: progress.update(task, completed=done)
        return
    next_at = [clock() + PLAIN_EVERY_SECONDS]

    def print_line(done: int) -> None:
        if clock() >= next_at[0]:
            next_at[0] = clock() + PLAIN_EVERY_SECONDS
            of = f" of {total / MEGABYTE:,.0f}" if total else ""
            err.print(f"reading the log: {done / MEGABYTE:,.0f}{of} MB", markup=False)

    yield print_line
