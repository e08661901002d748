"""Lookups of the page: recent decisions with their reasons, and the explanation of one pasted request."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from cli.console.stacks import Opened, Stacks, describe_problems
from cli.logs.reader import Line, Reader, local_reader
from cli.logs.stream import read_new, sources
from cli.output.outcome import iso_time
from console.app import RejectedError

SINCE_SECONDS = 15 * 60
KEPT_LINES = 5_000
SHOWN_LINES = 100
EVERY_SECONDS, LOCAL_EVERY_SECONDS = 5.0, 0.5
EXPLAIN_SECONDS = 60
HIDDEN = ("_aws", "Stack", "Requests", "Version")
EXPLAIN = """
import sys
from pathlib import Path
from cli.main import main
from cli.stacks.workspace import Workspace
main(sys.argv[2:], Workspace(Path(sys.argv[1])))
"""


class Decisions:
    """The last decisions of one stack, read on when somebody looks."""

    def __init__(self, stacks: Stacks, name: str) -> None:
        self._stacks, self._name = stacks, name
        self._lock = threading.Lock()
        self._lines: deque[Line] = deque(maxlen=KEPT_LINES)
        self._readers: Sequence[Reader] = ()
        self._read_from: object = None
        self._next_at = 0.0

    def find(self, query: str) -> dict[str, Any]:
        """Return the newest decisions that have all words of the query, and the Regions that cannot be read."""
        opened = self._stacks.open(self._name)
        with self._lock:
            self._follow(opened)
            if time.monotonic() >= self._next_at:
                self._lines.extend(read_new(self._readers, round(time.time() * 1_000)))
                self._next_at = time.monotonic() + (EVERY_SECONDS if opened.here is None else LOCAL_EVERY_SECONDS)
            words = query.lower().split()
            found = [row for line in reversed(self._lines) if _has(row := _row(line), words)]
            problems = {reader.source.region: reader.problem for reader in self._readers if reader.problem}
            return {
                "problem": describe_problems(problems),
                "read": len(self._lines),
                "found": len(found),
                "rows": found[:SHOWN_LINES],
            }

    def _follow(self, opened: Opened) -> None:
        """Read from where the stack runs now."""
        start_ms = round((time.time() - SINCE_SECONDS) * 1_000)
        here = opened.here
        read_from = here.notes.get("statusUrl") if here is not None else opened.stack
        if read_from == self._read_from:
            return
        self.close()
        self._lines.clear()
        self._readers = (
            [local_reader(here, (), start_ms)]
            if here is not None
            else [Reader(source, start_ms) for source in sources(opened.stack, ())]
        )
        self._read_from = read_from

    def close(self) -> None:
        """Close its connections."""
        for reader in self._readers:
            reader.close()


def _row(line: Line) -> dict[str, Any]:
    fields = {name: value for name, value in line.fields.items() if name not in HIDDEN}
    return {"time": iso_time(line.time_ms / 1_000), "region": line.region, **fields}


def _has(row: Mapping[str, Any], words: Sequence[str]) -> bool:
    text = " ".join(f"{name}={value}" for name, value in row.items()).lower() if words else ""
    return all(word in text for word in words)


def explain(opened: Opened, root: str, request: str, region: str) -> dict[str, Any]:
    """Explain a request by the command, in a process of its own: the router reads AWS variables of the environment.

    RejectedError with the command's own message.
    """
    where = "--local" if opened.here is not None else "--aws"
    words = ["explain", "-", "--stack", opened.stack.name, "--region", region, "--json", where]
    try:
        done = subprocess.run(  # noqa: S603  no shell; the request is on standard input
            [sys.executable, "-c", EXPLAIN, root, *words],
            input=request,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=EXPLAIN_SECONDS,
            check=False,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        document: dict[str, Any] = json.loads(done.stdout)
    except (ValueError, subprocess.TimeoutExpired) as error:
        raise RejectedError("the request could not be explained: run `edge-router explain` to see why") from error
    if document["errors"]:
        raise RejectedError("; ".join(problem["message"] for problem in document["errors"]))
    return document
