"""One line of JSON on standard output, which Lambda collects into CloudWatch Logs of the executing Region."""

from __future__ import annotations

import json
import sys
from json.encoder import encode_basestring_ascii as quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["emit", "encode", "quote", "write_line"]

encode = json.JSONEncoder(separators=(",", ":")).encode


def emit(line: Mapping[str, object]) -> None:
    """Write an object as one line."""
    write_line(encode(line))


def write_line(text: str) -> None:
    """Write one line. Failures are ignored: a log that cannot be written must not cost the request."""
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except (OSError, ValueError):
        return
