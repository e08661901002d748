"""The config that was baked into the package at deploy, and the router that is built from it."""

from __future__ import annotations

import json
import os
import time

from router.assignment import Assignment
from router.decision_log import DecisionLog
from router.origin import Origin
from router.routing import Router
from strategies.base import Edge
from strategies.registry import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from router.override import Override
    from router.table import Table

CONFIG_FILE = f"{__file__.rpartition('/router/')[0]}/config.json"
"""At the root of the package. No pathlib here: it costs 5 ms of cold start."""


def read_config(path: str = CONFIG_FILE) -> dict[str, Any]:
    """The baked JSON, as infra.bundle writes it."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123  no pathlib, as above
        return json.load(file)


def build_router(config: dict[str, Any], region: str) -> Router:
    """The router for one execution Region."""
    strategy_class = load(config["strategy"])
    origins = {name: Origin(name=name, **fields) for name, fields in config["origins"].items()}
    table = _build_table(config["table"], region) if config["table"] else None
    edge = Edge(
        # Not there where they are in the key-value store of a function before the cache.
        assignment=Assignment(config.get("release", ""), config.get("canary_percent", 0.0)),
        origins=origins,
        table=table,
        clock=time.time,
        random_bytes=os.urandom,
    )
    return Router(
        strategy_class(strategy_class.Options(**config["options"]), edge),
        origins,
        DecisionLog(config["strategy"], config["log_salt"]),
        pin=config.get("pin", "none"),
        override=_build_override(config["override"]) if config["override"] else None,
        table=table,
        deadline_seconds=config["deadline_ms"] / 1000,
        region=region,
        version_header=config.get("version_header", ""),
    )


def _build_override(config: dict[str, Any]) -> Override:
    from router.override import Override  # here, for a stack without one does not pay for hmac

    return Override(**config)


def _build_table(config: dict[str, Any], region: str) -> Table:
    from router.table import Table, TableConfig  # here, for a strategy without a table does not pay for sockets

    return Table(TableConfig(**config), region)
