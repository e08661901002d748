"""The router's own deadline: a decision that takes longer is cut off, and the default origin answers."""

from __future__ import annotations

import sys
import time
from _thread import get_ident

from router.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable
    from types import CodeType, FrameType, TracebackType
    from typing import TypeVar

    F = TypeVar("F", bound=Callable[..., object])
else:
    import _signal as signal  # without the enumerations of `signal`, which take 1 ms of a cold start

REPEAT_SECONDS = 0.01
"""An alarm that met code which swallows it, or which must not be interrupted, comes again after this."""


class DeadlineError(BaseException):
    """The decision ran past the router's deadline.

    A BaseException, so that an `except Exception` in a strategy cannot swallow it.
    """


_uninterrupted: set[CodeType] = set()
_current: Deadline | None = None
"""The context that the main thread is in; there is one alarm in a process."""


class Deadline:
    """A context in which more than `seconds` raises DeadlineError, even out of a blocking system call.

    It uses SIGALRM, which Python delivers to the main thread only: there Lambda runs the handler. In another thread, or
    on a system without SIGALRM, the context does nothing. The alarm repeats until the context ends, for an exception
    that is raised within a weakref's callback or a `__del__` is lost. See docs/adr/0003.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.has_passed = False
        self._thread = _main_thread()

    def __enter__(self) -> None:
        global _current  # noqa: PLW0603  one alarm, one context
        if get_ident() == self._thread:
            self.has_passed = False
            _current = self
            signal.setitimer(signal.ITIMER_REAL, self.seconds, REPEAT_SECONDS)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        global _current  # noqa: PLW0603  as above
        if get_ident() != self._thread:
            return
        _current = None
        signal.setitimer(signal.ITIMER_REAL, 0)
        if self.has_passed and isinstance(error, Exception):  # what code that was interrupted made of DeadlineError
            raise DeadlineError from error


def uninterrupted(function: F) -> F:
    """Mark a short function, with all that it calls, as one that no alarm cuts off: the next alarm after it does."""
    _uninterrupted.add(function.__code__)
    return function


def _main_thread() -> int:
    """The main thread's id, with the alarm's handler installed; 0, which is no thread's, where that is impossible."""
    try:
        signal.signal(signal.SIGALRM, _on_alarm)
    except (AttributeError, ValueError):  # no SIGALRM on this system, or not called in the main thread
        return 0
    return get_ident()


def _on_alarm(_signal: int, frame: FrameType | None) -> None:
    """Raise DeadlineError within the context, and only there: what came too late for it must not hit what follows."""
    deadline = _current
    if deadline is None or _is_uninterrupted(frame):
        return
    deadline.has_passed = True
    raise DeadlineError


def _is_uninterrupted(frame: FrameType | None) -> bool:
    """True if some function on the stack must be left to end: that of `Thread.start` leaves half a thread otherwise."""
    threading = sys.modules.get("threading")
    start = getattr(threading.Thread.start, "__code__", None) if threading else None
    while frame is not None:
        if frame.f_code is start or frame.f_code in _uninterrupted:
            return True
        frame = frame.f_back
    return False


for _edge in (Deadline.__enter__, Deadline.__exit__):
    uninterrupted(_edge)


@record
class Stopwatch:
    """Elapsed time by two clocks: a frozen environment may stop either of them, so the larger figure counts."""

    clock: Callable[[], float]
    timer: Callable[[], float] = time.monotonic

    def now(self) -> tuple[float, float]:
        return self.clock(), self.timer()

    def elapsed(self, since: tuple[float, float]) -> float:
        """Seconds since a `now()`."""
        return max(self.clock() - since[0], self.timer() - since[1])
