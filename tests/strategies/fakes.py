"""What a strategy is handed in unit tests: a table in a dict, a clock that stands, an edge with two origins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from router.dynamodb.table import Reading, Table, TableError
from router.model.assignment import Assignment
from router.model.decision import Decision, Origin
from router.model.request import Request
from router.model.response import Response
from strategies.base import Edge, OptionsError, Strategy

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
            raise TableError(self.failure)
        return Reading(self.items.get(tuple(key.values())), "eu-west-1", 1.5)


def make_edge(
    *,
    table: FakeTable | None = None,
    origins: Mapping[str, Origin] = ORIGINS,
    clock: Callable[[], float] = lambda: NOW,
) -> Edge:
    return Edge(
        origins=origins,
        table=cast("Table | None", table),
        clock=clock,
        random_bytes=lambda size: bytes(range(size)),
    )


class Assigned:
    """A strategy with one assignment for all of its requests."""

    def __init__(self, strategy: Strategy, percent: float = 10, release: str = "r") -> None:
        self.strategy = strategy
        self.assignment = Assignment(release, percent)

    def choose(self, request: Request) -> Decision:
        return self.strategy.choose(request, self.assignment)

    def respond(self, request: Request, response: Response) -> None:
        self.strategy.respond(request, response, self.assignment)


def errors_of(options: type, **fields: Any) -> list[tuple[str, str]]:
    """The errors of these options: (field, text)."""
    try:
        options(**fields)
    except OptionsError as error:
        return error.errors
    return []
