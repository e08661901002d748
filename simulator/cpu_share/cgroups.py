"""Quotas by the kernel's scheduler: a cgroup for each process ("CFS Bandwidth Control", version 1 and 2)."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PERIOD_US = 20_000
MIN_QUOTA_US = 1_000
"""The kernel takes no smaller one; below 5 %, the period is longer."""
REMOVAL_SECONDS = 2.0
_NAME = "edge-router-cpu"


def find_cgroups() -> Cgroups | None:
    """The cgroups in which this process may set quotas; None where it may not, or where the system has none."""
    for parent, version in _parents():
        cgroups = Cgroups(parent, version)
        try:
            cgroups.quota(0.5).close()
        except OSError:
            continue
        return cgroups
    return None


def _parents() -> Iterator[tuple[Path, int]]:
    """(this process's own cgroup with the CPU controller, version of cgroups)."""
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
        own = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return
    for _, mounted_at, kind, options, *_ in mounts:
        for _, controllers, path in own:
            is_v1 = kind == "cgroup" and "cpu" in options.split(",") and "cpu" in controllers.split(",")
            is_v2 = kind == "cgroup2" and controllers == ""
            if is_v1 or is_v2:
                yield Path(mounted_at, path.lstrip("/")), 1 if is_v1 else 2


@dataclass
class Cgroups:
    """Makes a cgroup for each quota below `parent`, and removes those that a killed process has left there."""

    parent: Path
    version: int
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.how = f"cgroup v{self.version}"
        for left in self.parent.glob(f"{_NAME}-*"):
            if not Path("/proc", left.name.split("-")[-2]).exists():
                with contextlib.suppress(OSError):
                    left.rmdir()

    def quota(self, share: float) -> Cgroup:
        """A new cgroup with this quota; OSError where this user may not make one."""
        directory = self.parent / f"{_NAME}-{os.getpid()}-{next(self._numbers)}"
        directory.mkdir()
        try:
            self._limit(directory, share)
        except BaseException:
            directory.rmdir()
            raise
        return Cgroup(directory)

    def _limit(self, directory: Path, share: float) -> None:
        period_us = max(PERIOD_US, round(MIN_QUOTA_US / share))
        quota_us = round(share * period_us)
        if self.version == 1:
            _write(directory / "cpu.cfs_period_us", str(period_us))
            _write(directory / "cpu.cfs_quota_us", str(quota_us))
        else:
            _write(directory / "cpu.max", f"{quota_us} {period_us}")

    def close(self) -> None:
        """Nothing runs beside the kernel."""


def _write(file: Path, content: str) -> None:
    """Write to a file that the kernel has made: none is created, and nothing is appended."""
    descriptor = os.open(file, os.O_WRONLY)
    try:
        os.write(descriptor, content.encode())
    finally:
        os.close(descriptor)


class Cgroup:
    """The cgroup of one process."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._pid = 0

    def hold(self, pid: int) -> None:
        self._pid = pid
        with contextlib.suppress(ProcessLookupError):
            _write(self._directory / "cgroup.procs", str(pid))

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        """Remove the cgroup, which is busy for a moment after its process has ended."""
        until = time.monotonic() + REMOVAL_SECONDS
        while self._directory.exists():
            try:
                self._directory.rmdir()
            except OSError:
                if time.monotonic() > until:
                    return
                time.sleep(0.01)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, number)
