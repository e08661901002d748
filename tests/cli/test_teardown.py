"""From a stack that serves to an account without it: destroyed at once, swept when Lambda lets go."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.standin.program import Run, run_program
from tests.cli.conftest import ROOT, Result
from tests.infra.configs import ON_LAMBDA, choosing, run_stack

from .fake_aws import FakeAws, Function

pytestmark = pytest.mark.long

FUNCTION = "aws:lambda/function:Function"
ROLE = "aws:iam/role:Role"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
LONG_AGO = "2026-11-01T09:00:00.000+0000"
on_lambda = pytest.mark.parametrize("strategy", ON_LAMBDA)


@pytest.fixture
def aws(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    fake = FakeAws()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_ACCOUNT_ID", "123456789012")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.setenv("AWS_ENDPOINT_URL", fake.url)
    yield fake
    fake.close()


@pytest.fixture
def nothing(tmp_path: Path) -> Path:
    """The project with a program that registers nothing: an update with it is a destroy."""
    folder = tmp_path / "nothing"
    folder.mkdir()
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(file, folder)
    (folder / "__main__.py").write_text("")
    return folder


def deploy(run: Run, aws: FakeAws) -> None:
    """Bring the account to what an update left: nothing but the stack is in it. A function only ever comes."""
    resources = run.state["deployment"].get("resources", [])
    held = [(one["type"], one["id"], one["outputs"]) for one in resources if one.get("id")]
    aws.roles = {outputs["name"]: outputs["uniqueId"] for kind, _, outputs in held if kind == ROLE}
    aws.distributions = {
        identity: [one["lambdaArn"] for one in outputs["defaultCacheBehavior"].get("lambdaFunctionAssociations") or []]
        for kind, identity, outputs in held
        if kind == DISTRIBUTION
    }
    aws.add(*(_function(outputs) for kind, _, outputs in held if kind == FUNCTION))


def _function(outputs: dict[str, Any]) -> Function:
    """With replicas of every version."""
    versions = dict.fromkeys(range(1, int(outputs["version"].replace("$LATEST", "0")) + 1), LONG_AGO)
    role = outputs["role"].rpartition("/")[2]
    tags = outputs.get("tags") or {}
    return Function(outputs["name"], role, tags, versions, LONG_AGO, outputs["handler"], set(versions))


def fates_of(result: Result) -> tuple[list[tuple[str, str]], int]:
    """Functions with what becomes of them, and the exit code."""
    return [(one["function"], one["state"]) for one in result.document["items"]], result.exit_code


@on_lambda
def test_a_stack_goes_at_once_and_its_function_when_lambda_lets_go(
    strategy: str, run: Callable[..., Result], aws: FakeAws, nothing: Path
) -> None:
    deployed = run_stack("staging", *choosing(strategy))
    deploy(deployed, aws)
    name = deployed.outputs["functionArn"].split(":")[6]
    assert run("sweep", "--delete") == Result(
        0, "nothing to sweep\n", "all stacks: AWS account 123456789012, Region us-east-1\n"
    )

    deploy(run_program("staging", project=nothing, state=deployed.state), aws)
    assert (name in aws.functions, aws.distributions, aws.roles) == (True, {}, {})
    assert fates_of(run("sweep", "--stack", "staging", "--json")) == ([(name, "to delete")], 3)
    assert fates_of(run("sweep", "--stack", "staging", "--delete", "--json")) == ([(name, "waits")], 3)
    aws.release()
    assert fates_of(run("sweep", "--stack", "staging", "--delete", "--json")) == ([(name, "deleted")], 0)

    assert name not in aws.functions
    assert [arn.split(":")[6] for arn in aws.deleted] == [name]
    assert run("sweep", "--stack", "staging").out == "nothing to sweep of edge-router-staging\n"


def test_what_a_switch_of_strategies_left_behind_is_swept(run: Callable[..., Result], aws: FakeAws) -> None:
    first = run_stack("staging", "strategy=sticky-session")
    deploy(first, aws)
    deploy(run_stack("staging", "strategy=tier", state=first.state), aws)
    name = first.outputs["functionArn"].split(":")[6]
    assert fates_of(run("sweep", "--delete", "--json")) == ([(name, "waits")], 3)
    aws.release()
    assert fates_of(run("sweep", "--delete", "--json")) == ([(name, "deleted")], 0)
