"""The control table for tests: its two items, and replicas of it that answer what the test says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from router.control.reader import ControlConfig, ControlReader
from router.dynamodb.client import ReadError
from router.dynamodb.clients import Clients
from router.model.assignment import Live
from router.model.deadline import Stopwatch

if TYPE_CHECKING:
    from router.model.decision import Item

CONFIG: Item = {
    "scope": {"S": "edge"},
    "item": {"S": "config"},
    "canaryPercent": {"N": "10"},
    "pin": {"S": "none"},
    "release": {"S": "2026-11"},
    "revision": {"S": "1a2b3c4d"},
}
ROLLOUT: Item = {
    "scope": {"S": "edge"},
    "item": {"S": "rollout"},
    "state": {"S": "running"},
    "canaryPercent": {"N": "25"},
    "release": {"S": "2026-11"},
    "revision": {"N": "7"},
    "configRevision": {"S": "1a2b3c4d"},
    "history": {"L": [{"M": {"step": {"N": "0"}}}]},
}
BAKED = Live(0.0, "none", "")
REGIONS = ("eu-west-1", "us-east-1", "ap-southeast-1")


def config_item(**changes: Any) -> Item:
    """The config item with other attributes; None takes one away."""
    return _change(CONFIG, changes)


def rollout_item(**changes: Any) -> Item:
    return _change(ROLLOUT, changes)


def _change(item: Item, changes: dict[str, Any]) -> Item:
    return {name: value for name, value in {**item, **changes}.items() if value is not None}


class Clock:
    """A clock that stands until the test moves it."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


Answer = Any
"""Items; the reason of a ReadError; or an exception to raise."""


class Replicas:
    """One answer for all replicas, or one for each Region. `reads` records who was asked and with which time-out."""

    def __init__(self, answer: Answer = (), **by_region: Answer) -> None:
        self.answer = answer
        self.by_region = {name.replace("_", "-"): given for name, given in by_region.items()}
        self.reads: list[tuple[str, float]] = []
        self.closed: list[str] = []

    def reader(self, region: str) -> Reader:
        return Reader(self, region)


class Reader:
    def __init__(self, replicas: Replicas, region: str) -> None:
        self._replicas = replicas
        self._region = region

    def query(self, table: str, key_name: str, key_value: str, timeout_seconds: float) -> list[Item]:
        assert (table, key_name, key_value) == ("control", "scope", "edge")
        replicas = self._replicas
        replicas.reads.append((self._region, timeout_seconds))
        answer = replicas.by_region.get(self._region, replicas.answer)
        if isinstance(answer, str):
            raise ReadError(answer)
        if isinstance(answer, BaseException):
            raise answer
        return list(answer)

    def get_item(self, *_: object) -> Item | None:
        raise AssertionError("the control table is read by Query")

    def close(self) -> None:
        self._replicas.closed.append(self._region)


def control_over(
    replicas: Replicas,
    *,
    baked: Live = BAKED,
    clock: Callable[[], float] = Clock(),  # noqa: B008  one that stands
    timer: Callable[[], float] | None = None,
    clients: Clients | None = None,
) -> ControlReader:
    config = ControlConfig(
        "control", "us-east-1", {"eu-west-1": list(REGIONS)}, refresh_seconds=10, read_timeout_ms=300
    )
    stopwatch = Stopwatch(clock, timer or clock)
    return ControlReader(config, "eu-west-1", baked, clients=clients or Clients(replicas.reader), stopwatch=stopwatch)
