"""The control table, in a DynamoDB."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from botocore.stub import Stubber

import controller.rollout.store
from controller.rollout import transitions
from controller.rollout.item import to_history
from controller.rollout.store import ConflictError, ControlTable, MalformedError, StoreError
from tests.controller.conftest import ClientOf, put_config
from tests.controller.fakes import BEGIN, FAILING, HEALTHY, PLAN, World


@pytest.fixture
def table(client_of: ClientOf, control_table: str) -> ControlTable:
    return ControlTable(client_of("dynamodb"), control_table)


def test_a_table_without_a_rollout_has_the_config_only(table: ControlTable) -> None:
    items = table.read()
    assert items.rollout is None
    assert (items.config.percent, items.config.release, items.config_revision) == (0, "2026-11", "0a1b2c3d")
    assert items.live == items.config


def test_a_rollout_is_read_as_it_was_written(table: ControlTable) -> None:
    world = World(store=table)
    world.reconcile(5, HEALTHY)
    world.reconcile(5, HEALTHY)
    items = table.read()
    assert items.rollout is not None
    assert (items.rollout.revision, items.rollout.step, items.rollout.config_revision) == (4, 1, "0a1b2c3d")
    assert (items.live.percent, items.live.revision) == (25, "rollout:4")
    assert len(items.rollout.history) == 2


def test_of_two_starts_at_once_the_second_is_rejected(table: ControlTable) -> None:
    read = table.read()
    table.write(transitions.start(PLAN, read, 1), read)
    with pytest.raises(ConflictError) as caught:
        table.write(transitions.start(PLAN, read, 2), read)
    assert str(caught.value) == "the rollout was changed at the same time: check its status and try again"
    rollout = table.read().rollout
    assert rollout is not None
    assert (rollout.revision, rollout.started_at) == (1, 1)


def test_of_two_runs_at_once_only_one_steps(table: ControlTable) -> None:
    """The second one begins and ends while the first one reads its metrics."""
    world = World(store=table)
    for _ in range(9):
        world.reconcile(1, HEALTHY)
    kinds: list[str] = []

    def second() -> None:
        world.sources.meanwhile = lambda: None
        kinds.append(world.reconcile().kind)

    world.sources.meanwhile = second
    kinds.append(world.reconcile(1).kind)
    assert kinds == ["running", "conflict"]
    assert (world.rollout.step, world.rollout.canary_percent) == (1, 25)
    assert [rollout.canary_percent for rollout in world.sources.notified] == [25]


@pytest.mark.long
def test_a_config_written_between_read_and_write_is_a_conflict(
    table: ControlTable, client_of: ClientOf, control_table: str
) -> None:
    world = World(store=table)
    world.sources.meanwhile = lambda: put_config(client_of, control_table, canaryPercent="60", revision="ffffffff")
    outcome = world.reconcile(5, FAILING)
    assert (outcome.kind, outcome.reason) == (
        "conflict",
        "nothing done: the config was changed at the same time (`pulumi up`): check its status and try again",
    )
    world.sources.meanwhile = lambda: None
    assert world.reconcile().kind == "rolled-back"
    live = table.read().live
    assert (live.percent, live.is_withdrawn) == (0, True)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"canaryPercent": "101"}, "malformed-canaryPercent"),
        ({"pin": "both"}, "malformed-pin"),
    ],
)
def test_an_invalid_config_item_is_an_error(
    table: ControlTable, client_of: ClientOf, control_table: str, changes: dict[str, str], text: str
) -> None:
    put_config(client_of, control_table, **changes)
    with pytest.raises(MalformedError) as caught:
        table.read()
    assert str(caught.value) == f"the control table's config item is invalid: {text}"


def test_a_missing_config_item_is_an_error(table: ControlTable, client_of: ClientOf, control_table: str) -> None:
    key = {"scope": {"S": "edge"}, "item": {"S": "config"}}
    client_of("dynamodb").delete_item(TableName=control_table, Key=key)
    with pytest.raises(MalformedError) as caught:
        table.read()
    assert str(caught.value) == "the control table's config item is invalid: missing-config"


def test_an_invalid_rollout_item_is_reported_and_left_alone(
    table: ControlTable, client_of: ClientOf, control_table: str
) -> None:
    world = World(store=table)
    item: Any = {"scope": {"S": "edge"}, "item": {"S": "rollout"}, "state": {"S": "running"}, "n": {"N": "1"}}
    client_of("dynamodb").put_item(TableName=control_table, Item=item)
    outcome = world.reconcile(5)
    assert (outcome.kind, outcome.reason) == (
        "malformed",
        "nothing done: the control table's rollout item is invalid: plan is missing",
    )
    key = {"scope": {"S": "edge"}, "item": {"S": "rollout"}}
    assert client_of("dynamodb").get_item(TableName=control_table, Key=key)["Item"] == item


def test_a_table_that_is_not_there_is_named(client_of: ClientOf) -> None:
    with pytest.raises(StoreError, match=r"^the control table nobodys-control cannot be read: .*ResourceNotFound"):
        ControlTable(client_of("dynamodb"), "nobodys-control").read()


def test_a_write_that_conflicts_with_another_can_be_tried_again(table: ControlTable, client_of: ClientOf) -> None:
    """moto has no transactions that meet each other: this answer is botocore's Stubber's."""
    read = table.read()
    reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
    with Stubber(client_of("dynamodb")) as stub:
        stub.add_client_error(
            "transact_write_items",
            "TransactionCanceledException",
            modeled_fields={"CancellationReasons": reasons},
        )
        with pytest.raises(ConflictError) as caught:
            table.write(transitions.start(PLAN, read, 1), read)
    assert str(caught.value) == "the write conflicted with another one (TransactionConflict, None): try again"


def test_a_table_that_cannot_be_written_is_named(table: ControlTable, control_table: str, client_of: ClientOf) -> None:
    read = table.read()
    with Stubber(client_of("dynamodb")) as stub:
        stub.add_client_error("transact_write_items", "ProvisionedThroughputExceededException", "slow down")
        with pytest.raises(StoreError, match=rf"^the control table {control_table} cannot be written: .*slow down"):
            table.write(transitions.start(PLAN, read, 1), read)


@pytest.mark.long
def test_former_rollouts_are_kept_where_the_router_does_not_read(
    table: ControlTable, client_of: ClientOf, control_table: str
) -> None:
    """One that was rolled back, one that another release replaced, and one that runs."""
    world = World(store=table)
    assert table.history() == []
    world.ask(transitions.abort)
    assert [(rollout.state, rollout.reason) for rollout in table.history()] == [("rolled-back", "aborted manually")]
    world.now += 60
    world.ask(lambda items, now: transitions.start(PLAN, items, now))
    put_config(client_of, control_table, release="2026-12", revision="ffffffff")
    world.now += 60
    world.ask(lambda items, now: transitions.start(PLAN, items, now))
    found = [(rollout.started_at, rollout.release, rollout.state, rollout.reason) for rollout in table.history()]
    assert found == [
        (BEGIN + 60, "2026-11", "ended", "a rollout of release 2026-12 was started"),
        (BEGIN, "2026-11", "rolled-back", "aborted manually"),
    ]
    assert world.rollout.started_at == BEGIN + 120
    key = {"scope": {"S": "history"}, "item": {"S": "2027-01-15T08:00:00Z"}}
    assert client_of("dynamodb").get_item(TableName=control_table, Key=key)["Item"]["state"] == {"S": "rolled-back"}


@pytest.mark.long
def test_a_rejected_write_leaves_no_former_rollout(table: ControlTable) -> None:
    world = World(store=table)
    stale = table.read()
    world.ask(transitions.pause)
    with pytest.raises(ConflictError):
        table.write(transitions.abort(stale, 1), stale)
    assert table.history() == []


@pytest.mark.long
def test_a_start_deletes_what_is_older_than_the_newest_former_rollouts(
    table: ControlTable, client_of: ClientOf, control_table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controller.rollout.store, "MAX_FORMER", 3)
    world = World(store=table)
    old = [to_history(replace(world.rollout, started_at=BEGIN - age)) for age in range(1, 5)]
    puts = [{"PutRequest": {"Item": item}} for item in old]
    client_of("dynamodb").batch_write_item(RequestItems={control_table: puts})
    world.ask(transitions.abort)
    assert len(table.history()) == 5
    world.ask(lambda items, now: transitions.start(PLAN, items, now))  # within the same second
    assert [rollout.started_at for rollout in table.history()] == [BEGIN, BEGIN - 1]
    assert world.rollout.started_at == BEGIN + 1
