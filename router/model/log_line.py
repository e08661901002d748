"""One line of JSON on standard output, which Lambda collects into CloudWatch Logs of the executing Region."""

from __future__ import annotations

import json
import sys
from json.encoder import encode_basestring_ascii as quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["emit", "quote"]

_encode = json.JSONEncoder(separators=(",", ":")).encode


def emit(line: Mapping[str, object], before: str = "") -> None:
    """Write one line: the members that are JSON `before`, then others.

    Failures are ignored: a log that cannot be written must not cost the request.
    """
    try:
        if before:
            sys.stdout.write(f"{{{before},{_encode(line)[1:]}\n" if line else f"{{{before}}}\n")
        else:
            sys.stdout.write(_encode(line) + "\n")
        sys.stdout.flush()
    except (OSError, ValueError):
        return
