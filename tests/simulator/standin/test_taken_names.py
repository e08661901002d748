"""Names that are taken, and the order of a replacement: as AWS and Pulumi's bridge to Terraform have them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulator.standin.model.errors import ProgramError, StandInError
from simulator.standin.model.model import Known
from simulator.standin.program import Run, run_program
from simulator.standin.provider import StandIn

from .test_provider import ROLE, TABLE, urn

if TYPE_CHECKING:
    from collections.abc import Callable

    Deploy = Callable[..., Run]

PROGRAM = """
import json
import pulumi
import pulumi_aws as aws

config = pulumi.Config()
table = aws.dynamodb.Table(
    "sessions",
    name=config.get("tableName") or None,
    billing_mode="PAY_PER_REQUEST",
    hash_key=config.get("release"),
    attributes=[{"name": config.get("release"), "type": "S"}],
    region=config.get("pin"),
    replicas=[{"region_name": "us-east-1"}],
    deletion_protection_enabled=config.get("strategy") == "kept",
    opts=pulumi.ResourceOptions(
        retain_on_delete=config.get_bool("retain"),
        delete_before_replace={"first": True, "last": False}.get(config.get("order")),
    ),
)
aws.dynamodb.TableItem(
    "item",
    table_name=table.name,
    region=config.get("pin"),
    hash_key=config.get("release"),
    item=json.dumps({config.get("release"): {"S": "x"}}),
)
aws.iam.Role("twin", name=config.get("twin"), assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}))
"""


@pytest.fixture
def update(tmp_path: Path) -> Deploy:
    """`update(state, key=value, …)`: one table with an item, named, keyed and placed as told."""
    (tmp_path / "Pulumi.yaml").write_text("name: edge-router\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    given = {"tableName": "sessions", "release": "token", "pin": "eu-west-1", "twin": "twin"}

    def run(state: dict[str, object] | None = None, **changes: str) -> Run:
        overrides = [f"{key}={value}" for key, value in {**given, **changes}.items()]
        return run_program("dev", project=tmp_path, overrides=overrides, state=state)

    return run


def ops(found: Run) -> dict[str, str]:
    return {change.name: change.op for change in found.changes if change.type.startswith("aws:")}


def test_what_the_program_named_goes_first_and_takes_what_is_in_it_with_it(update: Deploy) -> None:
    after = update(update().state, release="sid")
    assert ops(after) == {"sessions": "replace", "item": "replace", "twin": "same"}


def test_an_item_goes_with_the_table_that_it_is_in(update: Deploy) -> None:
    """Its tableName is the same text, and the name of another table."""
    after = update(update().state, pin="eu-central-1")
    [item] = [change for change in after.changes if change.name == "item"]
    assert item.op == "replace"
    assert set(item.paths) >= {"region", "tableName"}


def test_a_table_that_stays_keeps_its_name(update: Deploy) -> None:
    before = update(retain="true").state
    with pytest.raises(ProgramError, match=r"the name 'sessions' is taken .* \(ResourceInUseException\)"):
        update(before, retain="true", release="sid")


def test_a_replica_has_the_name_in_its_region(update: Deploy) -> None:
    """Home goes elsewhere; us-east-1 has the old table's replica and would have the new one's."""
    before = update(retain="true").state
    with pytest.raises(ProgramError, match=r"ResourceInUseException"):
        update(before, retain="true", pin="eu-central-1")


def test_the_new_one_cannot_come_first_under_the_same_name(update: Deploy) -> None:
    before = update().state
    with pytest.raises(ProgramError, match=r"ResourceInUseException"):
        update(before, release="sid", order="last")
    after = update(before, release="sid", order="last", tableName="sessions-sid")
    assert ops(after)["sessions"] == "replace"
    assert update(before, release="sid", order="first").state["version"] == 3


def test_a_name_that_the_provider_draws_is_another_one_and_may_come_first(update: Deploy) -> None:
    after = update(update(tableName="").state, tableName="", release="sid")
    assert ops(after)["sessions"] == "replace"


def test_deletion_protection_stops_what_would_go_first(update: Deploy) -> None:
    before = update(strategy="kept").state
    with pytest.raises(ProgramError, match="has deletion protection"):
        update(before, strategy="kept", release="sid")


def test_two_resources_cannot_have_one_name() -> None:
    stand_in = StandIn("us-east-1")
    inputs: dict[str, Any] = {"name": "router", "assumeRolePolicy": "{}"}
    stand_in.create(ROLE, urn(ROLE), inputs)
    with pytest.raises(StandInError) as refused:
        stand_in.create(ROLE, f"{urn(ROLE)}-too", inputs)
    assert str(refused.value) == (
        f"{ROLE} 'sample-too' cannot be created: the name 'router' is taken by a resource that is there already"
        " (EntityAlreadyExists)"
    )


@pytest.mark.parametrize(("region", "is_free"), [("us-east-1", False), ("eu-west-1", False), ("eu-central-1", True)])
def test_a_tables_name_is_taken_in_its_regions_only(region: str, is_free: bool) -> None:
    stand_in = StandIn("us-east-1")
    keys = {"name": "sessions", "hashKey": "token", "attributes": [{"name": "token", "type": "S"}]}
    stand_in.create(TABLE, urn(TABLE), {**keys, "region": "us-east-1", "replicas": [{"regionName": "eu-west-1"}]})
    again = {**keys, "region": region}
    if is_free:
        stand_in.create(TABLE, f"{urn(TABLE)}-too", again)
    else:
        with pytest.raises(StandInError, match="ResourceInUseException"):
            stand_in.create(TABLE, f"{urn(TABLE)}-too", again)


def test_the_difference_says_in_which_order() -> None:
    stand_in, kind = StandIn("us-east-1"), "aws:cloudfront/keyValueStore:KeyValueStore"
    keys = {"name": "sessions", "hashKey": "token", "attributes": [{"name": "token", "type": "S"}]}
    named = stand_in.diff(TABLE, Known(keys, {}), {**keys, "hashKey": "sid"}, urn=urn(TABLE))
    assert (named.replaces, named.deletes_first) == (("hashKey",), True)
    drawn, _ = stand_in.check(TABLE, urn(TABLE), {key: value for key, value in keys.items() if key != "name"})
    assert not stand_in.diff(TABLE, Known(drawn, {}), {**drawn, "hashKey": "sid"}, urn=urn(TABLE)).deletes_first
    assert not stand_in.diff(TABLE, Known(keys, {}), {**keys, "streamEnabled": True}, urn=urn(TABLE)).deletes_first
    # Written with Terraform's plugin framework, where names are not looked at.
    assert not stand_in.diff(kind, Known({"name": "one"}, {}), {"name": "two"}, urn=urn(kind)).deletes_first
