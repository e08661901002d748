"""The config.json in the package, apart from what is built of it: it can be read where nothing else works."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CONFIG_FILE = f"{__file__.rpartition('/router/')[0]}/config.json"
"""At the root of the package. No pathlib here: it costs 5 ms of cold start."""


def read_config(path: str = CONFIG_FILE) -> dict[str, Any]:
    """The baked JSON, as infra.package.bundle writes it."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123  no pathlib, as above
        return json.load(file)
