"""Quotas by signals, for users who may not set the kernel's: a process stops the others whenever their time is used up.

What counts is the time that a process has used, not the time that has passed: one that waits for the network keeps its
share, as under the kernel's quota.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

PERIOD_SECONDS = 0.02
SHORTEST_LOOK_SECONDS = 0.0005
_ROOT = Path(__file__).parents[2]


class DutyCycles:
    """The process that enforces all quotas; it ends with this one, and lets go on what it had stopped."""

    how = "SIGSTOP/SIGCONT duty cycle"

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603  this very module, nothing from outside
            [sys.executable, "-c", f"from {__name__} import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C in the terminal must not end it before its time
            cwd=_ROOT,
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()  # once it obeys

    def quota(self, share: float) -> DutyCycle:
        """A quota for one process."""
        return DutyCycle(self, share)

    def close(self) -> None:
        """End the process that stops and continues."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process.wait()

    def tell(self, line: str) -> None:
        """Send one order: `hold PID SHARE`, `freeze PID`, `thaw PID` or `drop PID`."""
        if self._process.stdin is not None and self._process.poll() is None:
            self._process.stdin.write(f"{line}\n".encode())
            self._process.stdin.flush()


class DutyCycle:
    """The quota of one process."""

    def __init__(self, cycles: DutyCycles, share: float) -> None:
        self._cycles, self._share = cycles, share
        self._pid = 0

    def hold(self, pid: int) -> None:
        self._pid = pid
        self._cycles.tell(f"hold {pid} {self._share}")

    def freeze(self) -> None:
        self._cycles.tell(f"freeze {self._pid}")

    def thaw(self) -> None:
        self._cycles.tell(f"thaw {self._pid}")

    def close(self) -> None:
        self._cycles.tell(f"drop {self._pid}")


@dataclass
class Held:
    """A process under a quota: `budget` is what it may still use in this period, negative where it used too much."""

    pid: int
    share: float
    period_ends: float
    used: float = 0.0
    budget: float = 0.0
    due: float = 0.0
    is_frozen: bool = False
    is_stopped: bool = False
    quota: float = field(init=False)

    def __post_init__(self) -> None:
        self.quota = self.budget = self.share * PERIOD_SECONDS

    def look(self, now: float) -> None:
        """Stop the process or let it go on, and say when to look again. ProcessLookupError where it is gone."""
        used = cpu_seconds(self.pid)
        self.budget -= used - self.used
        self.used = used
        while now >= self.period_ends:  # what was used too much is missing from the next periods
            self.period_ends += PERIOD_SECONDS
            self.budget = min(self.quota, self.budget + self.quota)
        is_over = self.budget <= 0
        if is_over != self.is_stopped and not self.is_frozen:
            self.send(signal.SIGSTOP if is_over else signal.SIGCONT)
            self.is_stopped = is_over
        self.due = self.period_ends if is_over else now + max(self.budget, SHORTEST_LOOK_SECONDS)

    def freeze(self, is_frozen: bool) -> None:
        """Stop whatever is left; or go on, as far as something is left."""
        self.is_frozen = is_frozen
        if not self.is_stopped:
            self.send(signal.SIGSTOP if is_frozen else signal.SIGCONT)

    def send(self, number: signal.Signals) -> None:
        with contextlib.suppress(PermissionError):
            os.killpg(self.pid, number)


def cpu_seconds(pid: int) -> float:
    """The CPU time that the process has used; ProcessLookupError where it is gone."""
    if sys.platform == "linux":
        try:
            return time.clock_gettime(~pid << 3 | 2)  # its CPU clock (clock_getcpuclockid(3)), which Python cannot name
        except OSError as error:
            raise ProcessLookupError from error
    import psutil  # needed only where no process's clock can be read

    try:
        times = psutil.Process(pid).cpu_times()
        return times.user + times.system
    except psutil.Error as error:
        raise ProcessLookupError from error


def main() -> None:
    """Obey the orders on standard input until its end, then let everything go on."""
    held: dict[int, Held] = {}
    received = b""
    print("ready", flush=True)
    while True:
        now = time.monotonic()
        for one in list(held.values()):
            if one.due <= now and not one.is_frozen:
                with _dropped_when_gone(held, one.pid):
                    one.look(now)
        dues = [one.due for one in held.values() if not one.is_frozen]
        wait = max(0.0, min(dues) - time.monotonic()) if dues else None
        if not select.select([sys.stdin], [], [], wait)[0]:
            continue
        chunk = os.read(sys.stdin.fileno(), 4096)
        if not chunk:
            break
        *lines, received = (received + chunk).split(b"\n")
        for line in lines:
            _obey(held, line.decode().split())
    for one in held.values():
        with contextlib.suppress(ProcessLookupError):
            one.send(signal.SIGCONT)


def _obey(held: dict[int, Held], order: list[str]) -> None:
    word, pid = order[0], int(order[1])
    if word == "hold":
        now = time.monotonic()
        held[pid] = Held(pid, float(order[2]), now + PERIOD_SECONDS, due=now)
    elif word == "drop":
        held.pop(pid, None)
    elif pid in held:
        with _dropped_when_gone(held, pid):
            held[pid].freeze(word == "freeze")


@contextlib.contextmanager
def _dropped_when_gone(held: dict[int, Held], pid: int) -> Generator[None]:
    try:
        yield
    except ProcessLookupError:
        held.pop(pid, None)


if __name__ == "__main__":
    main()
