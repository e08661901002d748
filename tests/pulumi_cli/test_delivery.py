"""What the pipelines ask of the real CLI: the pipeline's own project, the history's commits, and the stack's file."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from cli.rollback.control import config_step
from cli.stacks.workspace import Workspace

from .cli import MISSING, ROOT, PulumiCli, copy_of_the_project

pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"needs the Pulumi CLI on PATH; missing: {', '.join(MISSING)}"),
]
COMMITS = ("1" * 40, "2" * 40)


def test_the_pipeline_is_a_project_of_its_own(tmp_path: Path) -> None:
    cli = PulumiCli(copy_of_the_project(tmp_path) / "pipeline", tmp_path)
    cli.run("stack", "init", "pipeline")
    cli.run("config", "set", "--path", "prod.parts[0]", "everything")
    done = cli.attempt("preview")
    assert done.returncode != 0
    assert (
        "edge-router-pipeline:prod.parts names 'everything': allowed: access-logs, domain, eyes, hosts,"
        " private-origins, tiers, waf" in done.stdout
    )
    assert "Traceback" not in done.stdout + done.stderr
    cli.run("config", "set", "--path", "prod.parts[0]", "domain")
    cli.up()
    assert json.loads(cli.run("stack", "output", "--json"))["pipeline"] == "edge-router-pipeline"
    assert "unchanged" in cli.up()


@pytest.fixture
def cli(tmp_path: Path) -> PulumiCli:
    cli = PulumiCli(copy_of_the_project(tmp_path), tmp_path)
    cli.run("stack", "init", "local")
    return cli


def test_the_history_says_which_commit_was_deployed_last(cli: PulumiCli) -> None:
    shutil.copytree(ROOT / ".ci", cli.project / ".ci")
    assert deployed_commit(cli) == ""
    for commit in COMMITS:
        cli.run("up", "--yes", "--skip-preview", "--message", f"commit {commit}")
    assert deployed_commit(cli) == COMMITS[1]
    cli.run("config", "set", "canaryPercent", "101")
    assert cli.attempt("up", "--yes", "--skip-preview", "--message", f"commit {'3' * 40}").returncode != 0
    assert deployed_commit(cli) == COMMITS[1]


def deployed_commit(cli: PulumiCli) -> str:
    done = subprocess.run(
        [cli.project / ".ci" / "deployed-commit", "local"],
        env=cli.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


def test_a_rollback_writes_the_stacks_file_and_keeps_its_comments(
    cli: PulumiCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(cli.project)
    for name, value in cli.environment.items():
        monkeypatch.setenv(name, value)
    file = cli.project / "Pulumi.local.yaml"
    before = file.read_text()
    step = config_step(workspace, workspace.open_stack("local"))
    assert step.state == "to do"
    step.do()
    after = file.read_text()
    comments = [line.strip() for line in before.splitlines() if line.strip().startswith("#")]
    assert [line.strip() for line in after.splitlines() if line.strip().startswith("#")] == comments
    stack = workspace.open_stack("local")
    assert (stack.settings.pin, stack.settings.canary_percent) == ("stable", 0)
    assert config_step(workspace, stack).state == "nothing to do"
