"""This project's own program under the real CLI: preview, up, switch, export and destroy on a file backend."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from simulator.standin.program import run_program

from .cli import MISSING, PulumiCli, comparable, copy_of_the_project

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"needs the Pulumi CLI on PATH; missing: {', '.join(MISSING)}"),
]
TABLE = "aws:dynamodb/table:Table"
FUNCTION = "aws:lambda/function:Function"
SWITCH = (("strategy", "cookie-version"), ("canaryPercent", "12.5"), ("pin", "stable"))


@pytest.fixture
def cli(tmp_path: Path) -> PulumiCli:
    cli = PulumiCli(copy_of_the_project(tmp_path), tmp_path)
    cli.run("stack", "init", "local")
    return cli


def of_type(state: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one for one in state["deployment"]["resources"] if one["type"] == kind]


def identities(state: dict[str, Any]) -> list[tuple[object, ...]]:
    """Sorted, for the engine registers several at once."""
    return sorted(((one["urn"], one["id"], one["created"], one["outputs"]) for one in of_type(state, TABLE)), key=repr)


def test_preview_shows_the_plan_and_a_wrong_value_by_its_full_key(cli: PulumiCli) -> None:
    plan = cli.run("preview")
    assert "aws:cloudfront:Distribution" in plan
    assert "to create" in plan
    cli.run("config", "set", "canaryPercent", "101")
    done = cli.attempt("preview")
    assert done.returncode != 0
    assert "edge-router:canaryPercent" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_switching_strategies_keeps_the_tables_and_the_in_process_run_agrees(
    cli: PulumiCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "for tests")
    cli.up()
    first = cli.export()
    ours = run_program("local", project=cli.project)
    assert comparable(first) == comparable(ours.state)

    for key, value in SWITCH:
        cli.run("config", "set", key, value)
    cli.up()
    second = cli.export()
    switched = run_program("local", project=cli.project, state=ours.state)
    assert comparable(second) == comparable(switched.state)
    assert identities(second) == identities(first) != []
    assert [one["outputs"]["version"] for one in of_type(second, FUNCTION) if one["outputs"]["publish"]] == ["2"]
    assert switched.outputs["canaryPercent"] == 12.5

    cli.run("destroy", "--yes", "--skip-preview")
    assert "resources" not in cli.export()["deployment"]


def test_hosts_are_a_project_of_their_own_and_become_the_origins_by_two_commands(
    cli: PulumiCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Staging as it is shipped refuses until then."""
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "for tests")
    cli.run("stack", "init", "staging")
    refused = cli.attempt("preview")
    assert refused.returncode != 0
    assert "edge-router:demo.hosts is true" in refused.stdout
    cli.run("-C", "demo/hosts", "stack", "select", "--create", "staging")
    assert "aws:ec2:Instance" in cli.run("-C", "demo/hosts", "preview")
    cli.run("-C", "demo/hosts", "up", "--yes", "--skip-preview")
    subprocess.run(
        [sys.executable, "-m", "demo.hosts.connect", "--stack", "staging"],
        cwd=cli.project,
        env={**cli.environment, "PYTHONPATH": str(cli.project)},
        check=True,
        timeout=60,
    )
    cli.up()
    outputs = json.loads(cli.run("-C", "demo/hosts", "stack", "output", "--json", "--show-secrets"))
    shown = json.loads(cli.run("stack", "export", "--show-secrets"))
    [distribution] = of_type(shown, "aws:cloudfront/distribution:Distribution")
    [origin] = json.loads(distribution["inputs"]["origins"]["plaintext"])  # a secret is in it, so the list is one
    assert origin["domainName"] == outputs["origins"]["stable"]["domainName"]
    ours = run_program("staging", project=cli.project)
    assert comparable(cli.export()) == comparable(ours.state)
    assert "edge-router:demo:\n    hosts: false" in (cli.project / "Pulumi.staging.yaml").read_text()
    assert outputs["originSecret"] not in (cli.project / "Pulumi.staging.yaml").read_text()
    assert "unchanged" in cli.run("up", "--yes", "--skip-preview", "--expect-no-changes")
