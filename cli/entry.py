"""Where the process of the command begins: before anything is imported that takes time."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from types import FrameType

from cli.output.streams import prepare

EXIT_INTERRUPTED = 130
INTERRUPTED = b'{"ok": false, "exitCode": 130, "errors": [{"key": null, "message": "interrupted"}]}\n'


def run() -> None:
    """The console script. Ctrl-C ends it without a traceback, also while it is being imported, and a second one too."""
    signal.signal(signal.SIGINT, _leave)
    prepare()
    from cli.main import main  # here: this takes a second

    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        main()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _leave(_number: int, _frame: FrameType | None) -> None:
    """There is nothing to clean up yet, and nothing to write the document with."""
    if "--json" in sys.argv:
        with contextlib.suppress(OSError):
            os.write(1, INTERRUPTED)
    os._exit(EXIT_INTERRUPTED)
