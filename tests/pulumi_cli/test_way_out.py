"""The real engine where something goes wrong: an update that ends half-way, and a function that AWS does not let go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .cli import MISSING, PulumiCli, copy_of_the_project

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"needs the Pulumi CLI on PATH; missing: {', '.join(MISSING)}"),
]
TABLE = "aws:dynamodb/table:Table"
FUNCTION = "aws:lambda/function:Function"
ROLE = "aws:iam/role:Role"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
BUSY = "ServiceUnavailable: CloudFront is not available at the moment"
REPLICATED = (
    "InvalidParameterValueException: Lambda was unable to delete arn:aws:lambda:us-east-1:123456789012:function:"
    "{name}:1 because it is a replicated function. Please see our documentation for Deleting Lambda@Edge Functions and"
    " Replicas."
)


@pytest.fixture
def cli(tmp_path: Path) -> PulumiCli:
    cli = PulumiCli(copy_of_the_project(tmp_path), tmp_path)
    cli.run("stack", "init", "local")
    return cli


def outputs(cli: PulumiCli, kind: str) -> dict[str, dict[str, Any]]:
    resources = cli.export()["deployment"]["resources"]
    return {one["urn"].rpartition("::")[2]: one["outputs"] for one in resources if one["type"] == kind}


def routers(cli: PulumiCli) -> list[tuple[str, str]]:
    """The Lambda@Edge functions in the account: name and newest version."""
    functions = cli.account(FUNCTION).items()
    return [(name, one["version"]) for name, one in functions if "edge-router:stack" in (one.get("tags") or {})]


def served_versions(cli: PulumiCli) -> set[str]:
    """The versions on the distribution."""
    behavior = outputs(cli, DISTRIBUTION)["distribution"]["defaultCacheBehavior"]
    return {one["lambdaArn"].rpartition(":")[2] for one in behavior["lambdaFunctionAssociations"]}


def test_an_update_that_failed_between_function_and_distribution_converges(cli: PulumiCli) -> None:
    cli.up()
    tables = outputs(cli, TABLE)
    cli.run("config", "set", "--path", "function.memoryMb", "256")
    cli.fail(once={"update distribution": BUSY})
    failed = cli.attempt("up", "--yes", "--skip-preview")
    assert failed.returncode != 0
    assert BUSY in failed.stdout
    assert (outputs(cli, FUNCTION)["function"]["version"], served_versions(cli)) == ("2", {"1"})
    cli.up()
    assert (outputs(cli, FUNCTION)["function"]["version"], served_versions(cli)) == ("2", {"2"})
    assert outputs(cli, TABLE) == tables
    assert "to update" not in cli.run("preview")


def test_an_update_that_was_killed_there_converges_after_cancel(cli: PulumiCli) -> None:
    cli.up()
    tables = outputs(cli, TABLE)
    cli.run("config", "set", "--path", "function.memoryMb", "256")
    cli.fail(once={"update distribution": "hang"})
    cli.up_until_it_hangs()
    assert "locked" in cli.attempt("up", "--yes", "--skip-preview").stderr
    cli.run("cancel", "--yes")
    cli.up()
    version = outputs(cli, FUNCTION)["function"]["version"]
    assert version in ("2", "3")
    assert served_versions(cli) == {version}
    assert outputs(cli, TABLE) == tables


def test_a_first_update_that_failed_there_is_taken_up_again(cli: PulumiCli) -> None:
    cli.fail(once={"create distribution": BUSY})
    assert cli.attempt("up", "--yes", "--skip-preview").returncode != 0
    [(name, version)] = routers(cli)
    cli.up()
    assert (routers(cli), version) == ([(name, "1")], "1")
    assert (len(cli.account(DISTRIBUTION)), served_versions(cli)) == (1, {"1"})


def test_a_destroy_succeeds_at_the_first_try_and_leaves_the_function(cli: PulumiCli) -> None:
    cli.up()
    [(name, _)] = routers(cli)
    cli.fail(always={"delete function": REPLICATED.format(name=name)})
    cli.run("destroy", "--yes", "--skip-preview")
    assert "resources" not in cli.export()["deployment"]
    assert list(cli.account(FUNCTION)) == [name]
    assert cli.account(DISTRIBUTION) == cli.account(ROLE) == {}


def test_a_switch_to_a_strategy_without_a_function_leaves_it_too(cli: PulumiCli) -> None:
    cli.up()
    [(name, _)] = routers(cli)
    cli.fail(always={"delete function": REPLICATED.format(name=name)})
    cli.run("config", "set", "strategy", "tier")
    assert "function delete[retain]" in " ".join(cli.run("preview").split())
    cli.up()
    assert routers(cli) == [(name, "1")]
    assert "lambdaFunctionAssociations" not in outputs(cli, DISTRIBUTION)["distribution"]["defaultCacheBehavior"]
