"""The router's log during the tour."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from operations import report


class Decisions:
    """Silent during the tour, which tells what happened itself, and shown afterwards; `last` is the newest decision."""

    are_shown = False

    def __init__(self) -> None:
        self.last: Mapping[str, Any] = {}

    def line(self, region: str, function: str, line: str) -> None:
        """One line that the function wrote."""
        if line.startswith('{"strategy":') and '"origin":' in line:
            self.last = json.loads(line)
        if self.are_shown:
            report.log_line(region, function, line)
