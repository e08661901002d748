"""Replicas, the second opinion from home, deadlines and the memory; with a fake reader and a fake clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pytest

from router.dynamodb.client import ReadError
from router.dynamodb.clients import Clients
from router.dynamodb.table import Table, TableConfig, TableError
from router.model.deadline import Stopwatch

if TYPE_CHECKING:
    from router.model.decision import Item

ITEM: Item = {"version": {"S": "2"}}


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeRegions:
    """Readers of several Regions: an item, None, or a fault; each read takes its Region's time."""

    def __init__(self, clock: Clock, answers: dict[str, Item | str | None], seconds: dict[str, float]) -> None:
        self.clock = clock
        self.answers = answers
        self.seconds = seconds
        self.reads: list[tuple[str, float]] = []

    def client_for(self, region: str) -> FakeReader:
        return FakeReader(self, region)


class FakeReader:
    def __init__(self, regions: FakeRegions, region: str) -> None:
        self.regions = regions
        self.region = region

    def get_item(
        self, table: str, key: Mapping[str, str], attributes: Sequence[str], timeout_seconds: float
    ) -> Item | None:
        assert table == "sessions"
        regions = self.regions
        regions.reads.append((self.region, round(timeout_seconds, 3)))
        needed = regions.seconds.get(self.region, 0.01)
        regions.clock.now += min(needed, timeout_seconds)
        answer = regions.answers[self.region]
        if needed > timeout_seconds:
            raise ReadError("timeout")
        if isinstance(answer, str):
            raise ReadError(answer)
        return answer


def table_over(
    answers: dict[str, Item | str | None],
    *,
    region: str = "eu-west-1",
    seconds: dict[str, float] | None = None,
    **config: float,
) -> tuple[Table, FakeRegions, Clock]:
    clock = Clock()
    regions = FakeRegions(clock, answers, seconds or {})
    settings = TableConfig(
        name="sessions",
        home_region="us-east-1",
        replicas={
            "eu-west-1": ["eu-west-1", "us-east-1", "ap-southeast-1"],
            "": ["us-east-1", "eu-west-1", "ap-southeast-1"],
        },
        **{"read_timeout_ms": 400, "total_timeout_ms": 1500} | config,  # pyright: ignore[reportArgumentType]
    )
    return (
        Table(settings, region, clients=Clients(regions.client_for), stopwatch=Stopwatch(clock, clock)),
        regions,
        clock,
    )


KEY = {"token": "abc"}


def test_the_nearest_replica_is_read_first_and_alone() -> None:
    table, regions, _ = table_over({"eu-west-1": ITEM})
    reading = table.read(KEY)
    assert (reading.item, reading.source, reading.elapsed_ms) == (ITEM, "eu-west-1", 10.0)
    assert regions.reads == [("eu-west-1", 0.4)]


def test_a_region_that_is_not_listed_uses_the_default_order() -> None:
    table, regions, _ = table_over({"us-east-1": ITEM}, region="mars-north-1")
    assert table.read(KEY).source == "us-east-1"
    assert regions.reads == [("us-east-1", 0.4)]


def test_an_item_that_is_not_replicated_yet_is_found_at_home() -> None:
    table, regions, _ = table_over({"eu-west-1": None, "us-east-1": ITEM})
    reading = table.read(KEY)
    assert (reading.item, reading.source) == (ITEM, "us-east-1")
    assert regions.reads == [("eu-west-1", 0.4), ("us-east-1", 1.49)]


def test_what_home_does_not_know_is_unknown() -> None:
    table, _, _ = table_over({"eu-west-1": None, "us-east-1": None})
    reading = table.read(KEY)
    assert (reading.item, reading.source) == (None, "us-east-1")


def test_home_itself_is_asked_once() -> None:
    table, regions, _ = table_over({"us-east-1": None}, region="us-east-1")
    assert table.read(KEY).item is None
    assert regions.reads == [("us-east-1", 0.4)]


def test_an_unknown_item_with_home_out_of_reach_is_a_failure_not_a_new_visitor() -> None:
    table, _, _ = table_over({"eu-west-1": None, "us-east-1": "refused"})
    with pytest.raises(TableError) as caught:
        table.read(KEY)
    assert caught.value.reason == "home-refused"


def test_an_item_that_home_cannot_be_asked_for_may_be_at_a_further_replica() -> None:
    table, regions, _ = table_over({"eu-west-1": None, "us-east-1": "refused", "ap-southeast-1": ITEM})
    assert table.read(KEY).source == "ap-southeast-1"
    assert [region for region, _ in regions.reads] == ["eu-west-1", "us-east-1", "ap-southeast-1"]


@pytest.mark.parametrize("further", [None, "throttled"])
def test_a_further_replica_cannot_say_that_nobody_has_the_item(further: Item | str | None) -> None:
    table, _, _ = table_over({"eu-west-1": None, "us-east-1": "refused", "ap-southeast-1": further})
    with pytest.raises(TableError, match=r"^home-refused$"):
        table.read(KEY)


def test_a_failing_replica_gives_way_to_the_next_nearest() -> None:
    table, regions, _ = table_over({"eu-west-1": "throttled", "us-east-1": ITEM})
    assert table.read(KEY).source == "us-east-1"
    assert [region for region, _ in regions.reads] == ["eu-west-1", "us-east-1"]


def test_all_replicas_down_is_one_error_with_the_last_reason() -> None:
    table, _, _ = table_over({"eu-west-1": "timeout", "us-east-1": "reset", "ap-southeast-1": "throttled"})
    with pytest.raises(TableError) as caught:
        table.read(KEY)
    assert caught.value.reason == "throttled"


def test_slow_replicas_stay_within_the_total_deadline() -> None:
    slow = {"eu-west-1": 9.0, "us-east-1": 9.0, "ap-southeast-1": 9.0}
    table, regions, clock = table_over(
        {"eu-west-1": ITEM, "us-east-1": ITEM, "ap-southeast-1": ITEM}, seconds=slow, total_timeout_ms=700
    )
    started = clock.now
    with pytest.raises(TableError, match=r"^timeout$"):
        table.read(KEY)
    assert clock.now - started == pytest.approx(0.7)
    assert regions.reads == [("eu-west-1", 0.4), ("us-east-1", 0.3)]


def test_no_time_left_for_home_is_a_timeout() -> None:
    table, _, _ = table_over(
        {"eu-west-1": None, "us-east-1": ITEM}, seconds={"eu-west-1": 0.3}, total_timeout_ms=300, read_timeout_ms=300
    )
    with pytest.raises(TableError, match=r"^home-timeout$"):
        table.read(KEY)


def test_a_found_item_is_remembered_for_seconds() -> None:
    table, regions, clock = table_over({"eu-west-1": ITEM})
    table.read(KEY)
    clock.now += 4.9
    assert table.read(KEY).source == "memory"
    clock.now += 0.2
    assert table.read(KEY).source == "eu-west-1"
    assert len(regions.reads) == 2


@pytest.mark.parametrize("goes_on", ["clock", "timer"])
def test_an_item_is_remembered_by_the_clock_that_a_frozen_environment_has_not_stopped(goes_on: str) -> None:
    clock, timer = Clock(), Clock()
    regions = FakeRegions(Clock(), {"eu-west-1": ITEM}, {})
    config = TableConfig("sessions", "eu-west-1", {"": ["eu-west-1"]})
    clients = Clients(regions.client_for)
    table = Table(config, "eu-west-1", clients=clients, stopwatch=Stopwatch(clock, timer))
    table.read(KEY)
    {"clock": clock, "timer": timer}[goes_on].now += 3_600
    assert table.read(KEY).source == "eu-west-1"


def test_an_unknown_item_is_remembered_shortly() -> None:
    table, regions, clock = table_over({"us-east-1": None}, region="us-east-1")
    table.read(KEY)
    clock.now += 0.9
    assert table.read(KEY).source == "memory"
    clock.now += 0.2
    regions.answers["us-east-1"] = ITEM
    assert table.read(KEY).item == ITEM


def test_a_failure_is_not_remembered() -> None:
    table, regions, _ = table_over({"eu-west-1": "refused", "us-east-1": "refused", "ap-southeast-1": "refused"})
    with pytest.raises(TableError):
        table.read(KEY)
    regions.answers["eu-west-1"] = ITEM
    assert table.read(KEY).item == ITEM


def test_the_memory_keeps_the_newest_entries_and_no_more() -> None:
    table, regions, _ = table_over({"eu-west-1": ITEM}, remember_entries=2)
    for token in ("a", "b", "c"):
        table.read({"token": token})
    assert [table.read({"token": token}).source for token in ("c", "b", "a")] == ["memory", "memory", "eu-west-1"]
    assert len(regions.reads) == 4


def test_a_large_item_is_not_remembered() -> None:
    table, _, _ = table_over({"eu-west-1": {"version": {"S": "x" * 3_000}}})
    assert [table.read(KEY).source for _ in range(2)] == ["eu-west-1", "eu-west-1"]


def test_an_item_that_is_nested_too_deeply_to_be_measured_is_read_and_not_remembered() -> None:
    nested: dict[str, object] = {}
    for _ in range(100_000):
        nested = {"M": nested}
    table, _, _ = table_over({"eu-west-1": {"version": {"S": "2"}, "x": nested}})
    assert [table.read(KEY).source for _ in range(2)] == ["eu-west-1", "eu-west-1"]


def test_whatever_a_reader_raises_is_the_failure_of_its_replica() -> None:
    table, regions, _ = table_over({"eu-west-1": None, "us-east-1": ITEM})
    del regions.answers["eu-west-1"]  # a KeyError in the reader
    assert table.read(KEY).source == "us-east-1"
    regions.answers["eu-west-1"] = None
    del regions.answers["us-east-1"]
    with pytest.raises(TableError, match=r"^home-error:KeyError$"):
        table.read({"token": "another"})


def test_nothing_is_remembered_when_memory_is_off() -> None:
    table, _, _ = table_over({"eu-west-1": ITEM}, remember_seconds=0)
    assert [table.read(KEY).source for _ in range(2)] == ["eu-west-1", "eu-west-1"]


NEW: Item = {"version": {"S": "2"}, "expiration": {"N": "2"}}
OLD: Item = {"version": {"S": "2"}, "expiration": {"N": "1"}}


@pytest.mark.parametrize(
    ("home", "further", "expected"),
    [
        (NEW, OLD, (NEW, "us-east-1")),
        (OLD, NEW, (OLD, "us-east-1")),
        (None, NEW, (None, "us-east-1")),
        ("timeout", NEW, (NEW, "ap-southeast-1")),
        ("timeout", None, (OLD, "eu-west-1")),
        ("timeout", "reset", (OLD, "eu-west-1")),
    ],
)
def test_an_item_that_is_over_is_asked_for_at_home(
    home: Item | str | None, further: Item | str | None, expected: tuple[Item | None, str]
) -> None:
    """The nearest replica may not have heard yet that it goes on."""
    table, _, _ = table_over({"eu-west-1": OLD, "us-east-1": home, "ap-southeast-1": further})
    reading = table.read(KEY, is_new)
    assert (reading.item, reading.source) == expected


def test_an_item_that_is_over_is_remembered_as_long_as_an_unknown_one() -> None:
    table, regions, clock = table_over({"eu-west-1": OLD, "us-east-1": OLD})
    table.read(KEY, is_new)
    clock.now += 0.9
    assert table.read(KEY, is_new).source == "memory"
    clock.now += 0.2
    assert table.read(KEY, is_new).source == "us-east-1"
    assert len(regions.reads) == 4


def test_an_item_that_was_current_when_it_was_remembered_is_read_anew_when_it_is_over() -> None:
    table, regions, _ = table_over({"eu-west-1": NEW})
    table.read(KEY, is_new)
    assert table.read(KEY, is_new).source == "memory"
    table.read(KEY, lambda _: False if len(regions.reads) == 1 else is_new(NEW))
    assert len(regions.reads) == 2


def is_new(item: Item) -> bool:
    return item == NEW
