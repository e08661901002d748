"""The tests in a browser need one, and its driver: `make console-browser` has them (CONSOLE_BROWSER)."""

from __future__ import annotations

import os

collect_ignore = [] if "CONSOLE_BROWSER" in os.environ else ["browser"]
