"""The router's own deadline: a decision that takes longer is cut off, and the default origin answers."""

from __future__ import annotations

import signal
from _thread import get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType, TracebackType


class DeadlineError(BaseException):
    """The decision ran past the router's deadline.

    A BaseException, so that an `except Exception` in a strategy cannot swallow it.
    """


class Deadline:
    """A context in which more than `seconds` raises DeadlineError, even out of a blocking system call.

    It uses SIGALRM, which Python delivers to the main thread only: there Lambda runs the handler. In another thread, or
    on a system without SIGALRM, the context does nothing. See docs/adr/0003.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._thread = _main_thread()

    def __enter__(self) -> None:
        if get_ident() == self._thread:
            signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if get_ident() == self._thread:
            signal.setitimer(signal.ITIMER_REAL, 0)


def _main_thread() -> int:
    """The main thread's id, with the alarm's handler installed; 0, which is no thread's, where that is impossible."""
    try:
        signal.signal(signal.SIGALRM, _raise)
    except (AttributeError, ValueError):  # no SIGALRM on this system, or not called in the main thread
        return 0
    return get_ident()


def _raise(_signal: int, _frame: FrameType | None) -> None:
    raise DeadlineError
