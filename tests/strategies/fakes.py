"""What a strategy is handed in unit tests: a table in a dict, a clock that stands, an edge with two origins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from router.dynamodb.table import Reading, Table, TableError
from router.model.assignment import Assignment
from router.model.origin import Origin
from strategies.base import Edge

NOW = 1_790_000_000.0

ORIGINS = {
    "stable": Origin("stable", "v1.example.com"),
    "canary": Origin("canary", "v2.example.com"),
}

Item = dict[str, dict[str, object]]


class FakeTable:
    """Items by their key's values; `failure` makes every read fail. `keys` records what was asked for."""

    def __init__(self, items: Mapping[tuple[str, ...], Item] | None = None, failure: str = "") -> None:
        self.items = dict(items or {})
        self.failure = failure
        self.keys: list[dict[str, str]] = []

    def read(self, key: Mapping[str, str], is_current: Callable[[Item], bool] | None = None) -> Reading:
        self.keys.append(dict(key))
        if self.failure:
            raise TableError(self.failure, 12.5)
        return Reading(self.items.get(tuple(key.values())), "eu-west-1", 1.5)


def make_edge(
    *,
    percent: float = 10,
    release: str = "r",
    table: FakeTable | None = None,
    origins: Mapping[str, Origin] = ORIGINS,
    clock: Callable[[], float] = lambda: NOW,
) -> Edge:
    return Edge(
        Assignment(release, percent),
        origins=origins,
        table=cast("Table | None", table),
        clock=clock,
        random_bytes=lambda size: bytes(range(size)),
    )


def problems_of(options: type, **fields: Any) -> list[tuple[str, str]]:
    """What these options complain about: (field, text)."""
    from strategies.base import OptionsError

    try:
        options(**fields)
    except OptionsError as error:
        return error.problems
    return []
