"""What a destroy takes and what it leaves, for every stack with every strategy, run in this process."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import pytest

from simulator.standin.model.errors import ProgramError
from simulator.standin.program import Run, run_program
from strategies.registry import STRATEGIES
from tests.infra.configs import EVERYTHING, ON_LAMBDA, ROOT, STACKS, choosing, run_stack
from tests.infra.test_program import VERSIONED, run

TABLE = "aws:dynamodb/table:Table"
TABLES = {"sessions", "tenants"}
"""Those with visitors' data; the control table holds nothing but what the config and a rollout say."""
NOT_FOR_VISITORS = (*("infra:Rollout$", "infra:Observability$", "infra:LogDelivery$", "::validator", "::access-logs-"),)
"""Who steers, watches, tries out and writes logs: without them visitors are served all the same."""
REAL = tuple(override for override in EVERYTHING if not override.startswith("demo."))
PROTECTED = (
    *(("prod", *choosing(strategy)) for strategy in STRATEGIES),
    *(("prod", *overrides) for overrides in VERSIONED.values()),
    ("prod", "strategy=sticky-session", *REAL),
    ("prod", "strategy=tier", *REAL),
    ("prod", "strategy=cookie-version", "accessLogs=s3"),
)
every_stack = pytest.mark.parametrize("stack", STACKS)
every_strategy = pytest.mark.parametrize("strategy", STRATEGIES)


def deploy(stack: str, strategy: str) -> Run:
    return run_stack(stack, *choosing(strategy))


@cache
def destroy(stack: str, strategy: str, nothing: Path) -> Run:
    """After `tables.protect: false` and an `up`, where it was true."""
    run = deploy(stack, strategy)
    resources = [{key: one[key] for key in one if key != "protect"} for one in run.state["deployment"]["resources"]]
    state = {**run.state, "deployment": {**run.state["deployment"], "resources": resources}}
    return run_program(stack, project=nothing, state=state)


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with a program that registers nothing: an update with it is a destroy."""
    folder = tmp_path_factory.mktemp("nothing")
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(file, folder)
    (folder / "__main__.py").write_text("")
    return folder


def names(run: Run, op: str) -> set[str]:
    return {change.name for change in run.changes if change.op == op and change.type.startswith("aws:")}


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup|cookie-version|\b(local|staging)\b")
@every_stack
@every_strategy
def test_tables_with_data_go_only_where_the_stack_says_so(stack: str, strategy: str, nothing: Path) -> None:
    after = destroy(stack, strategy, nothing)
    assert names(after, "delete" if stack == "local" else "retain") >= TABLES
    assert names(after, "same") == set()


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup|cookie-version")
@every_strategy
def test_a_destroy_of_prod_stops_before_it_has_taken_what_visitors_need(strategy: str, nothing: Path) -> None:
    with pytest.raises(
        ProgramError, match=r"::(distribution|sessions|tenants)\" cannot be deleted because it is protected"
    ):
        run_program("prod", project=nothing, state=deploy("prod", strategy).state)


@pytest.mark.long_if(r"validator|jwt-iat|fastest-origin|tenant-lookup|caching|accessLogs=s3|strategy=tier domain")
@pytest.mark.parametrize("config", PROTECTED, ids=" ".join)
def test_all_that_visitors_need_is_protected_or_needed_by_what_is(config: tuple[str, ...]) -> None:
    """A destroy takes nothing that something else still needs, whatever it has taken by then."""
    resources = {one["urn"]: one for one in run(*config).state["deployment"]["resources"]}
    safe = {urn for urn, one in resources.items() if one.get("protect")}
    names = {urn.rpartition("::")[2] for urn in safe}
    records = {"www.example.com-A", "www.example.com-AAAA"} if "domain.aliases[0]=www.example.com" in config else set()
    assert names == {"distribution"} | TABLES | records
    waiting = list(safe)
    while waiting:
        for needed in resources[waiting.pop()].get("dependencies", []):
            if needed not in safe:
                safe.add(needed)
                waiting.append(needed)
    left = [urn for urn, one in resources.items() if one["type"].startswith("aws:") and urn not in safe]
    assert [urn for urn in left if not any(part in urn for part in NOT_FOR_VISITORS)] == []


@pytest.mark.long
@every_strategy
def test_nothing_is_protected_where_the_tables_are_not(strategy: str) -> None:
    for stack in ("local", "staging"):
        assert not [one for one in deploy(stack, strategy).state["deployment"]["resources"] if one.get("protect")]


@pytest.mark.long
@every_strategy
def test_a_stack_from_before_is_protected_by_an_update_that_changes_nothing_else(strategy: str) -> None:
    before = deploy("prod", strategy)
    resources = [
        {key: one[key] for key in one if key != "protect" or "Table" in one["type"]}
        for one in before.state["deployment"]["resources"]
    ]
    after = run_program(
        "prod",
        overrides=choosing(strategy),
        state={**before.state, "deployment": {**before.state["deployment"], "resources": resources}},
    )
    assert {change.op for change in after.changes} == {"same"}
    [distribution] = [
        one
        for one in after.state["deployment"]["resources"]
        if one["urn"].endswith("Distribution::distribution") and one["custom"]
    ]
    assert distribution["protect"] is True


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup|cookie-version|\b(local|staging)\b")
@every_stack
@every_strategy
def test_a_destroy_leaves_the_replicated_function_and_nothing_else_but_tables(
    stack: str, strategy: str, nothing: Path
) -> None:
    after = destroy(stack, strategy, nothing)
    function = {"function"} if strategy in ON_LAMBDA else set()
    assert names(after, "retain") == function | (set() if stack == "local" else TABLES)


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup|cookie-version")
@every_strategy
def test_what_refers_to_the_function_goes_before_its_role_and_logs(strategy: str, nothing: Path) -> None:
    after = destroy("staging", strategy, nothing)
    order = [change.name for change in after.changes if change.op in ("delete", "retain")]
    later = ("function", "role", "write-log", "logs-us-east-1") if strategy in ON_LAMBDA else ()
    assert all(order.index("distribution") < order.index(name) for name in later)
    assert "distribution" in order


@pytest.mark.long
def test_a_switch_to_a_strategy_without_a_function_leaves_it_behind_too() -> None:
    before = deploy("staging", "sticky-session")
    after = run_stack("staging", "strategy=tier", state=before.state)
    assert names(after, "retain") == {"function"}
    assert {change.op for change in after.changes if change.type == TABLE} == {"same"}
