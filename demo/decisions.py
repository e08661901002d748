"""The router's log during the tour."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cli.up import report
from demo.figures import Counted


class Decisions:
    """Silent during the tour, which tells what happened itself, and shown afterwards.

    `last` is the newest decision, `counted` what was counted of each request, by its id.
    """

    are_shown = False

    def __init__(self) -> None:
        self.last: Mapping[str, Any] = {}
        self.counted: dict[str, Counted] = {}

    def line(self, region: str, function: str, line: str) -> None:
        """One line that the function wrote."""
        if line.startswith('{"strategy":') and '"origin":' in line:
            self.last = json.loads(line)
            if "Requests" in self.last:
                self.counted[self.last["requestId"]] = Counted(self.last["Version"], self.last["_aws"]["Timestamp"])
        if self.are_shown:
            report.print_log_line(region, function, line)
