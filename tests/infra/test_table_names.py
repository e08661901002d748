"""A table's name, and what becomes of the table when its keys or its home change."""

from __future__ import annotations

import pytest

from infra.data.control_item import ITEM_KEY
from infra.naming.resource_names import FIRST_KEYS
from router.control.reader import KEY
from simulator.standin.deployment import Change
from simulator.standin.model.errors import ProgramError
from simulator.standin.program import Run, run_program
from tests.infra.configs import run_stack, stack_of
from tests.infra.test_program import TABLE, all_resources, run

STICKY = ("strategy=sticky-session",)
OTHER_KEY = (*STICKY, "stickySession.keyAttribute=sid")
OTHER_HOME = (*STICKY, "stickySession.homeRegion=eu-west-1", "stickySession.replicas[0]=us-east-1")
CONTROL_MOVED = (*STICKY, "control.homeRegion=eu-west-1")


def names_of(**changes: object) -> dict[str, str]:
    stack = stack_of(**changes)
    return {name: stack.table_name(spec) for name, spec in stack.settings.tables_by_strategy().items()}


def tables_of(found: Run) -> dict[str, dict[str, object]]:
    return {one["urn"].rpartition("::")[2]: one for one in all_resources(found, TABLE)}


def change_of(found: Run, name: str) -> Change:
    [change] = [one for one in found.changes if one.name == name and one.type == TABLE]
    return change


def test_a_table_as_the_first_version_made_it_keeps_its_name() -> None:
    tenants = {"allowedDomains": [".example.com"]}
    for explicit in ({}, {"homeRegion": "us-east-1", "replicas": ["eu-west-1"]}):
        assert names_of(stickySession={"keyAttribute": "token", **explicit}, tenantLookup={**tenants, **explicit}) == {
            "sticky-session": "edge-router-test-sessions",
            "tenant-lookup": "edge-router-test-tenants",
        }
    assert stack_of(control="live").control_table_name == "edge-router-test-control"


def test_the_first_keys_are_those_of_the_control_table_too() -> None:
    assert FIRST_KEYS["control"] == (KEY, ITEM_KEY)


def test_what_makes_another_table_of_it_makes_another_name() -> None:
    sections = (
        {"keyAttribute": "token"},
        {"keyAttribute": "sid"},
        {"keyAttribute": "Token"},
        {"homeRegion": "eu-west-1", "replicas": []},
        {"homeRegion": "eu-central-1", "replicas": []},
        {"keyAttribute": "sid", "homeRegion": "eu-west-1", "replicas": []},
    )
    names = [names_of(stickySession=section)["sticky-session"] for section in sections]
    assert len(set(names)) == len(names)
    assert names[3] == "edge-router-test-sessions-eu-west-1"
    tenants = [
        names_of(tenantLookup={"allowedDomains": [".example.com"], **section})["tenant-lookup"]
        for section in (
            {"tenantAttribute": "a-b", "accountAttribute": "c"},
            {"tenantAttribute": "a", "accountAttribute": "b-c"},
        )
    ]
    assert len(set(tenants)) == 2


def test_what_changes_in_place_is_no_part_of_the_name() -> None:
    section = {"expiryAttribute": "ttl", "versionAttribute": "v", "replicas": ["eu-west-2"]}
    assert names_of(stickySession=section)["sticky-session"] == "edge-router-test-sessions"


def test_a_configured_name_is_the_name() -> None:
    section = {"tableName": "sessions", "keyAttribute": "sid", "homeRegion": "eu-west-1", "replicas": []}
    assert names_of(stickySession=section)["sticky-session"] == "sessions"
    moved = stack_of(control={"tableName": "steering", "homeRegion": "eu-west-1"})
    assert moved.control_table_name == "steering"
    assert moved.warnings() == []


@pytest.mark.long
@pytest.mark.parametrize("change", [OTHER_KEY, OTHER_HOME], ids=["key", "home"])
def test_another_table_comes_beside_the_old_one_which_stays(change: tuple[str, ...]) -> None:
    before = run("staging", *STICKY)
    after = run_stack("staging", *change, state=before.state)
    old, new = tables_of(before)["sessions"], tables_of(after)["sessions"]
    assert change_of(after, "sessions").op == "replace"
    assert old["inputs"]["name"] != new["inputs"]["name"]
    assert {one.op for one in after.changes if one.type == TABLE and one.name != "sessions"} == {"same"}


@pytest.mark.long
@pytest.mark.parametrize("change", [OTHER_KEY, OTHER_HOME], ids=["key", "home"])
def test_the_way_back_is_refused_while_the_old_table_is_in_the_account(change: tuple[str, ...]) -> None:
    """Pulumi has forgotten it, DynamoDB has not; what is deleted instead is no obstacle."""
    there = run_stack("staging", *change, state=run("staging", *STICKY).state)
    with pytest.raises(ProgramError, match=r"'edge-router-staging-sessions' is taken .* \(ResourceInUseException\)$"):
        run_stack("staging", *STICKY, state=there.state)
    gone = run_program("local", overrides=change, state=run("local", *STICKY).state)
    assert change_of(run_program("local", overrides=STICKY, state=gone.state), "sessions").op == "replace"


@pytest.mark.long
@pytest.mark.long_if(r"key")
@pytest.mark.parametrize("change", [OTHER_KEY, OTHER_HOME], ids=["key", "home"])
def test_a_protected_table_is_not_replaced_by_another(change: tuple[str, ...]) -> None:
    with pytest.raises(ProgramError, match=r"::sessions\" as it is currently marked for protection"):
        run_program("prod", overrides=change, state=run("prod", *STICKY).state)


@pytest.mark.long
def test_under_a_configured_name_the_other_table_is_refused_where_the_old_one_stays() -> None:
    named = "stickySession.tableName=sessions"
    before = run("staging", *STICKY, named)
    with pytest.raises(ProgramError) as refused:
        run_stack("staging", *OTHER_KEY, named, state=before.state)
    assert str(refused.value) == (
        "aws:dynamodb/table:Table 'sessions' cannot be created: the name 'sessions' is taken by a resource that is"
        " there already (ResourceInUseException)"
    )


@pytest.mark.long
def test_under_a_configured_name_the_old_table_goes_first_where_it_is_to_be_deleted() -> None:
    named = "stickySession.tableName=sessions"
    before = run("local", *STICKY, named)
    after = run_program("local", overrides=(*OTHER_KEY, named), state=before.state)
    assert change_of(after, "sessions").op == "replace"
    assert tables_of(after)["sessions"]["inputs"]["hashKey"] == "sid"


@pytest.mark.long
def test_control_moves_home_by_another_table_with_its_item() -> None:
    before = run("prod", *STICKY)
    after = run_program("prod", overrides=CONTROL_MOVED, state=before.state)
    assert change_of(after, "control").op == "replace"
    assert after.outputs["controlTable"] == "edge-router-prod-control-eu-west-1"
    [item] = all_resources(after, "aws:dynamodb/tableItem:TableItem")
    assert (item["inputs"]["tableName"], item["inputs"]["region"]) == (
        "edge-router-prod-control-eu-west-1",
        "eu-west-1",
    )


def test_who_has_a_table_under_another_name_is_told_so() -> None:
    stack = stack_of(
        control={"homeRegion": "eu-west-1"}, stickySession={"keyAttribute": "sid"}, strategy="sticky-session"
    )
    name = stack.table_name(stack.settings.tables_by_strategy()["sticky-session"])
    assert stack.warnings() == [
        f"stickySession.tableName: the table is {name}, because its keys or its home Region differ from those of"
        " edge-router-test-sessions. If there is a table edge-router-test-sessions, its data stays there; to name the"
        " one that is meant, set stickySession.tableName",
        "control.tableName: the table is edge-router-test-control-eu-west-1, because its keys or its home Region differ"
        " from those of edge-router-test-control. If there is a table edge-router-test-control, its data stays there;"
        " to name the one that is meant, set control.tableName",
    ]
    assert stack_of(control="live", stickySession={"keyAttribute": "token"}).warnings() == []
