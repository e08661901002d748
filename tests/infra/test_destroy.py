"""What a destroy takes and what it leaves, for every stack with every strategy, run in this process."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import pytest

from simulator.standin import ProgramError, Run, run_program
from strategies.registry import STRATEGIES
from tests.infra.configs import ROOT, STACKS

TABLE = "aws:dynamodb/table:Table"
TABLES = {"sessions", "tenants"}
"""Those with visitors' data; the control table holds nothing but what the config and a rollout say."""
every_stack = pytest.mark.parametrize("stack", STACKS)
every_strategy = pytest.mark.parametrize("strategy", STRATEGIES)


@cache
def deployed(stack: str, strategy: str) -> Run:
    return run_program(stack, overrides=(f"strategy={strategy}",))


@cache
def destroyed(stack: str, strategy: str, nothing: Path) -> Run:
    """After `tables.protect: false` and an `up`, where it was true."""
    run = deployed(stack, strategy)
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


@every_stack
@every_strategy
def test_tables_with_data_go_only_where_the_stack_says_so(stack: str, strategy: str, nothing: Path) -> None:
    after = destroyed(stack, strategy, nothing)
    assert names(after, "delete" if stack == "local" else "retain") >= TABLES
    assert names(after, "same") == set()


@every_strategy
def test_a_destroy_stops_at_the_protected_tables_of_prod(strategy: str, nothing: Path) -> None:
    with pytest.raises(ProgramError, match=r"::(sessions|tenants)\" cannot be deleted because it is protected"):
        run_program("prod", project=nothing, state=deployed("prod", strategy).state)


@every_stack
@every_strategy
def test_a_destroy_leaves_the_replicated_function_and_nothing_else_but_tables(
    stack: str, strategy: str, nothing: Path
) -> None:
    after = destroyed(stack, strategy, nothing)
    function = set() if strategy == "tier" else {"function"}
    assert names(after, "retain") == function | (set() if stack == "local" else TABLES)


@every_strategy
def test_what_refers_to_the_function_goes_before_its_role_and_logs(strategy: str, nothing: Path) -> None:
    after = destroyed("staging", strategy, nothing)
    order = [change.name for change in after.changes if change.op in ("delete", "retain")]
    later = ("function", "role", "write-log", "logs-us-east-1") if strategy != "tier" else ()
    assert all(order.index("distribution") < order.index(name) for name in later)
    assert "distribution" in order


def test_a_switch_to_a_strategy_without_a_function_leaves_it_behind_too() -> None:
    before = deployed("staging", "sticky-session")
    after = run_program("staging", overrides=("strategy=tier",), state=before.state)
    assert names(after, "retain") == {"function"}
    assert {change.op for change in after.changes if change.type == TABLE} == {"same"}
