"""`python -m bench.what_if`: the time and memory that the command takes for a generated log, in three formats."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.what_if.lines import Traffic, json_log, parquet_log, w3c_log
from cli.output.console import print_table

LINES = 1_000_000
MOST_SECONDS, MOST_MEGABYTES = 30, 500
COMMAND = ("what-if", "--percent", "25", "--plan", "--offline", "--json", "--log")
SETTINGS = ("--set", "strategy=cookie-version", "--set", "release=2026-12", "--set", "canaryPercent=0")


def main() -> None:
    """Measure, print a row for each format, and end with 1 where one takes too long or too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=LINES)
    count = parser.parse_args().lines
    # In a process of its own: the peak of a process, as the kernel counts it, is that of its parent at least.
    writer = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    with tempfile.TemporaryDirectory(prefix="what-if-bench-") as name, writer:
        folder, traffic = Path(name), Traffic(count)
        logs = (partial(w3c_log, folder, traffic), partial(json_log, folder, traffic), partial(parquet_log, folder))
        rows = [_measure(writer.submit(log).result(), count) for log in logs]
    print_table(
        ("log", "lines", "MB", "seconds", f"<= {MOST_SECONDS}", "of CPU", "peak MB", f"<= {MOST_MEGABYTES}"),
        [
            (
                name,
                f"{count:,}",
                f"{size / 1e6:.0f}",
                f"{took:.1f}",
                _verdict(took <= MOST_SECONDS),
                f"{cpu:.1f}",
                f"{peak:.0f}",
                _verdict(peak <= MOST_MEGABYTES),
            )
            for name, size, took, cpu, peak in rows
        ],
    )
    if any(took > MOST_SECONDS or peak > MOST_MEGABYTES for _, _, took, _, peak in rows):
        sys.exit(1)


def _measure(path: Path, count: int) -> tuple[str, int, float, float, float]:
    """Run the command in a process of its own: name and bytes of the log, seconds, those of CPU, peak MB."""
    out = path.with_suffix(".out")
    started = time.perf_counter()
    process = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "cli", *COMMAND, str(path), *SETTINGS],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, str(out), os.O_WRONLY | os.O_CREAT, 0o600)],
    )
    _, status, used = os.wait4(process, 0)
    took = time.perf_counter() - started
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    assert os.waitstatus_to_exitcode(status) == 0, found["errors"]
    assert found["total"]["requests"] == count, "a line was lost"
    return path.name, path.stat().st_size, took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def _verdict(holds: bool) -> str:
    return "holds" if holds else "DOES NOT HOLD"


if __name__ == "__main__":
    main()
