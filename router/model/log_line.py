"""One line of JSON on standard output, which Lambda collects into CloudWatch Logs of the executing Region."""

from __future__ import annotations

import json
import sys

_encode = json.JSONEncoder(separators=(",", ":")).encode


def emit(line: dict[str, object]) -> None:
    """Write one line. Failures are ignored: a log that cannot be written must not cost the request."""
    try:
        sys.stdout.write(_encode(line) + "\n")
        sys.stdout.flush()
    except (OSError, ValueError):
        return
