"""A share of a core as it is written, and who enforces it here: cgroups where they can be written, else signals."""

from __future__ import annotations

from typing import Protocol

from simulator.cpu_share.cgroups import find_cgroups
from simulator.cpu_share.duty_cycle import DutyCycles


class CpuShareError(ValueError):
    """A share that cannot be read; the message says what one looks like."""


class CpuQuota(Protocol):
    """The quota of one process and its threads. It is made before the process, which then joins it with one write."""

    def hold(self, pid: int) -> None:
        """Put the process, which leads a group of its own, under the quota."""
        ...

    def freeze(self) -> None:
        """Stop the process until `thaw`, whatever is left of its time."""
        ...

    def thaw(self) -> None:
        """Let the process go on within its quota."""
        ...

    def close(self) -> None:
        """The process has ended."""
        ...


class CpuLimiter(Protocol):
    """Makes quotas. `how` says by what, in a few words."""

    how: str

    def quota(self, share: float) -> CpuQuota:
        """A quota of this share of one core, for one process."""
        ...

    def close(self) -> None:
        """End what enforces the quotas; their processes are gone, or go on without one."""
        ...


def start_limiter() -> CpuLimiter:
    """The kernel's own quota where this user may set one, else a process that stops and continues the others."""
    return find_cgroups() or DutyCycles()


def parse_cpu_share(text: str) -> float:
    """The share in `7%`, `0.07` or `1`; CpuShareError for anything else, and where it is not in 0.1 % to 100 %."""
    number, is_percent = (text[:-1], True) if text.endswith("%") else (text, False)
    try:
        share = float(number) / (100 if is_percent else 1)
    except ValueError:
        share = 0.0
    if not 0.001 <= share <= 1:
        raise CpuShareError(f"{text}: must be a share of one core such as 7% or 0.07, from 0.1% to 100%")
    return share
