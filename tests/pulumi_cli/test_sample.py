"""The stand-in under the real engine, with the sample program: the in-process run does what the CLI does."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from simulator.standin.config.stack_config import read_stack_config
from simulator.standin.program import run_program
from tests.simulator.standin.projects import sample_project

from .cli import MISSING, PulumiCli, comparable

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"needs the Pulumi CLI on PATH; missing: {', '.join(MISSING)}"),
]


@pytest.fixture
def cli(tmp_path: Path) -> PulumiCli:
    cli = PulumiCli(sample_project(tmp_path), tmp_path)
    cli.run("stack", "init", "dev")
    return cli


def test_the_in_process_state_is_what_the_cli_exports(cli: PulumiCli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "for tests")
    cli.run("config", "set", "--secret", "comment", "confidential")
    cli.up()
    exported = cli.export()
    ours = run_program("dev", project=cli.project)
    assert comparable(exported) == comparable(ours.state)
    # The exported state serves as the state before: nothing has changed since.
    assert {change.op for change in run_program("dev", project=cli.project, state=exported).changes} == {"same"}


def test_a_protected_table_survives_and_a_refusal_is_shown_without_a_traceback(cli: PulumiCli) -> None:
    cli.run("config", "set", "timeoutSeconds", "31")
    done = cli.attempt("up", "--yes", "--skip-preview")
    assert done.returncode != 0
    assert "names a function that has a timeout of 31 s: origin events allow 30 s" in done.stdout
    cli.run("config", "set", "timeoutSeconds", "5")
    cli.run("config", "set", "protect", "true")
    cli.up()
    done = cli.attempt("destroy", "--yes", "--skip-preview")
    assert done.returncode != 0
    assert "because it is protected" in done.stdout + done.stderr
    assert "aws:dynamodb/table:Table" in {one["type"] for one in cli.export()["deployment"]["resources"]}


SETTINGS = (
    ("canaryPercent", "12.5"),
    ("stickySession.replicas[0]", "eu-west-1"),
    ("stickySession.replicas[1]", "ap-southeast-1"),
    ("stickySession.expires", "600"),
    ("stickySession.strict", "true"),
    ("stickySession.version", "007"),
    ('stickySession.versions["1.0"]', "stable"),
    ("stickySession.rate", "12.5"),
)


def test_overrides_mean_what_config_set_with_path_means(cli: PulumiCli) -> None:
    before = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    overrides = [f"{key}={value}" for key, value in SETTINGS]
    ours = read_stack_config("dev", project=cli.project, overrides=overrides, environment=before).values
    for key, value in SETTINGS:
        cli.run("config", "set", "--path", key, value)
    written = read_stack_config("dev", project=cli.project, environment=before).values
    assert written == ours
    theirs = json.loads(cli.run("config", "--json"))
    assert json.loads(theirs["edge-router:stickySession"]["value"]) == json.loads(ours["edge-router:stickySession"])
    assert theirs["edge-router:canaryPercent"]["value"] == ours["edge-router:canaryPercent"]
