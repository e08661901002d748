"""Where the process of the command begins: before anything is imported that takes time."""

from __future__ import annotations

import os
import signal
from types import FrameType

from operations.streams import prepare

EXIT_INTERRUPTED = 130


def run() -> None:
    """The console script. Ctrl-C ends it without a traceback, also while it is being imported, and a second one too."""
    signal.signal(signal.SIGINT, _leave)
    prepare()
    from operations.main import main  # here: this takes a second

    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        main()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _leave(_number: int, _frame: FrameType | None) -> None:
    """There is nothing to clean up yet."""
    os._exit(EXIT_INTERRUPTED)
