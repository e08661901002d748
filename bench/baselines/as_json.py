"""Lambda's runtime around every decision: it reads the event from JSON and writes the response."""

from __future__ import annotations

import json
from typing import Any


def handler(event: dict[str, Any], _context: object) -> object:
    """The same event, written and read."""
    return json.loads(json.dumps(event))
