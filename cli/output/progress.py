"""Progress of long operations on standard error: a spinner or bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator

from cli.output.console import err

QUIET_SECONDS = 10.0
"""Shorter operations print no line."""
PLAIN_EVERY_SECONDS = 5.0


@contextlib.contextmanager
def working(doing: str, *, quiet_seconds: float = QUIET_SECONDS) -> Generator[None]:
    """Show `doing` ("building the package") on a terminal; elsewhere print it as a line if it takes long."""
    if err.is_interactive:
        from rich.markup import escape

        with err.console.status(escape(doing)):
            yield
        return
    line = threading.Timer(quiet_seconds, lambda: err.print(f"{doing} …", markup=False))
    line.daemon = True
    line.start()
    try:
        yield
    finally:
        line.cancel()


@contextlib.contextmanager
def counting(
    total: int,
    name: Callable[[int], str],
    *,
    quiet_seconds: float = 1.0,
    clock: Callable[[], float] = time.monotonic,
) -> Generator[Callable[[], None]]:
    """Yield a callable that counts one request; `name(done)` returns the current phase."""
    if err.is_interactive:
        from rich.markup import escape
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=err.console, transient=True) as progress:
            task = progress.add_task(escape(name(0)), total=total)
            yield lambda: progress.update(
                task, advance=1, description=escape(name(int(progress.tasks[0].completed) + 1))
            )
        return
    with working(f"{name(0)}, {total:,} requests at most", quiet_seconds=quiet_seconds):
        yield _PlainCount(total, name, clock)


class _PlainCount:
    """Prints a line every few seconds."""

    def __init__(self, total: int, name: Callable[[int], str], clock: Callable[[], float]) -> None:
        self._total, self._name, self._clock = total, name, clock
        self._count, self._next_at = 0, clock() + PLAIN_EVERY_SECONDS

    def __call__(self) -> None:
        self._count += 1
        if self._clock() >= self._next_at:
            self._next_at = self._clock() + PLAIN_EVERY_SECONDS
            err.print(f"{self._name(self._count)}: {self._count:,} of {self._total:,}", markup=False)
