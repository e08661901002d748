"""The GitHub workflows: what they may do, in which order, and how they go back; by their YAML, and by actionlint."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SCRIPTS = sorted(path for path in (ROOT / ".ci").iterdir() if path.suffix == "")
every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
every_script = pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}")
STORED_KEY = re.compile(
    r"aws_access_key_id|aws-access-key-id|aws_secret_access_key|aws-secret-access-key", re.IGNORECASE
)


def workflow(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8"))


def triggers(found: dict[Any, Any]) -> dict[str, Any]:
    """YAML 1.1, which PyYAML reads, takes `on` for true."""
    return found[True]


def steps(found: dict[str, Any], job: str) -> list[dict[str, Any]]:
    return found["jobs"][job]["steps"]


def place(found: list[dict[str, Any]], text: str) -> int:
    """Of the one step that runs or uses what begins with `text`."""
    [index] = [
        number for number, step in enumerate(found) if str(step.get("run", step.get("uses", ""))).startswith(text)
    ]
    return index


def test_there_are_two() -> None:
    assert [path.stem for path in WORKFLOWS] == ["deploy", "test"]


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="needs actionlint on PATH")
@every_workflow
def test_actionlint_has_nothing_to_say(path: Path) -> None:
    """It runs shellcheck over what a step runs, where that is on PATH."""
    done = subprocess.run(["actionlint", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="needs shellcheck on PATH")
@every_script
def test_shellcheck_has_nothing_to_say_about_what_they_run(path: Path) -> None:
    done = subprocess.run(["shellcheck", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@every_script
def test_every_script_can_be_run_and_ends_at_its_first_failure(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("#!/usr/bin/env bash\n# ")
    assert "\nset -euo pipefail\n" in text
    assert path.stat().st_mode & 0o111


def test_every_script_that_is_run_is_there() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (*WORKFLOWS, ROOT / ".ci" / "buildspec.yml")]
    named = {name for text in texts for name in re.findall(r"\.ci/([a-z-]+)(?![a-z.-])", text)}
    assert named - {path.name for path in SCRIPTS} == set()
    assert {"deploy", "validate", "roll-back", "deployed-commit", "is-rolling-back", "validator-plan"} <= named


@every_workflow
def test_every_action_is_pinned_to_a_commit_with_its_tag_beside_it(path: Path) -> None:
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    assert lines
    for line in lines:
        used, _, tag = line.partition("uses: ")[2].partition(" # ")
        assert PINNED.fullmatch(used), line
        assert re.fullmatch(r"v\d+\.\d+\.\d+", tag), line


@every_workflow
def test_the_same_action_is_the_same_commit_everywhere(path: Path) -> None:
    texts = "\n".join(one.read_text(encoding="utf-8") for one in WORKFLOWS)
    commits: dict[str, set[str]] = {}
    for name, commit in re.findall(r"uses: ([\w./-]+)@([0-9a-f]{40})", texts):
        commits.setdefault(name, set()).add(commit)
    assert {name: len(found) for name, found in commits.items() if len(found) > 1} == {}


@every_workflow
def test_no_key_is_stored_but_pulumis_passphrase(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not STORED_KEY.search(text)
    assert set(re.findall(r"secrets\.(\w+)", text)) == {"PULUMI_CONFIG_PASSPHRASE"}


@every_workflow
def test_rights_are_given_to_jobs_and_no_more_than_they_need(path: Path) -> None:
    found = workflow(path.stem)
    assert found["permissions"] == {"contents": "read"}
    for name, job in found["jobs"].items():
        assumes = any("configure-aws-credentials" in str(step.get("uses")) for step in job["steps"])
        given = job.get("permissions", found["permissions"])
        expected = {"contents": "read"} | ({"id-token": "write"} if assumes else {})
        expected |= {"pull-requests": "write"} if name == "preview" else {}
        assert given == expected, name
        # Rights and secrets belong to an environment, whose branches can be restricted.
        assert ("environment" in job) == assumes
        assert job["timeout-minutes"] <= 120


@every_workflow
def test_roles_come_from_variables_and_the_token_stays_out_of_the_checkout(path: Path) -> None:
    for job in workflow(path.stem)["jobs"].values():
        for step in job["steps"]:
            used = str(step.get("uses", ""))
            if "configure-aws-credentials" in used:
                assert step["with"]["role-to-assume"] == "${{ vars.AWS_ROLE_ARN }}"
                assert set(step["with"]) == {"role-to-assume", "aws-region"}
            if used.startswith("actions/checkout"):
                assert step["with"]["persist-credentials"] is False


@every_workflow
def test_no_expression_is_put_into_a_shell(path: Path) -> None:
    """What somebody else may have written comes by the environment."""
    for job in workflow(path.stem)["jobs"].values():
        assert [step["run"] for step in job["steps"] if "${{" in step.get("run", "")] == []


def test_a_pull_request_is_tested_before_it_is_previewed() -> None:
    found = workflow("test")
    assert list(triggers(found)) == ["pull_request"]
    assert [step["run"] for step in steps(found, "test") if "run" in step] == ["make test"]
    preview = found["jobs"]["preview"]
    assert preview["needs"] == "test"
    assert preview["if"] == "github.event.pull_request.head.repo.full_name == github.repository"
    commented = steps(found, "preview")[-1]["with"]
    assert (commented["command"], commented["stack-name"], commented["comment-on-pr"]) == ("preview", "staging", True)
    assert commented["suppress-outputs"] is True


def test_a_newer_commit_of_a_pull_request_ends_the_older_ones_run() -> None:
    concurrency = workflow("test")["concurrency"]
    assert concurrency["cancel-in-progress"] is True
    assert "github.event.pull_request.number" in concurrency["group"]


def test_what_is_merged_is_deployed_one_commit_after_the_other() -> None:
    found = workflow("deploy")
    assert triggers(found) == {"push": {"branches": ["main"]}, "workflow_dispatch": None}
    assert found["concurrency"] == {"group": "deploy", "cancel-in-progress": False}
    assert found["jobs"]["prod"]["needs"] == "staging"
    assert {name: job["environment"] for name, job in found["jobs"].items()} == {"staging": "staging", "prod": "prod"}


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_a_stack_is_validated_after_it_is_deployed(stack: str) -> None:
    found = steps(workflow("deploy"), stack)
    order = [
        place(found, text)
        for text in ("actions/checkout", "make setup", "pulumi/actions", f".ci/deploy {stack}", f".ci/validate {stack}")
    ]
    assert order == sorted(order)


def test_prod_goes_back_to_the_commit_before_where_anything_fails() -> None:
    """In the same job, for another one would wait for another approval."""
    found = steps(workflow("deploy"), "prod")
    assert found[0]["with"]["fetch-depth"] == 0
    before, deploy, back = (
        place(found, text) for text in ("commit=$(.ci/deployed-commit", ".ci/deploy", ".ci/roll-back")
    )
    assert before < deploy < place(found, ".ci/validate") < back == len(found) - 1
    condition = "failure() && steps.deploy.outcome != 'skipped'"
    assert (found[back]["if"], found[back - 1]["if"]) == (condition, condition)
    assert "configure-aws-credentials" in found[back - 1]["uses"]
    assert found[deploy]["id"] == "deploy"
    assert found[back]["env"] == {"COMMIT": "${{ steps.before.outputs.commit }}"}
    assert found[before]["id"] == "before"
    assert [step["name"] for step in steps(workflow("deploy"), "staging") if "if" in step] == []


def test_the_way_back_begins_with_what_takes_seconds() -> None:
    text = (ROOT / ".ci" / "roll-back").read_text(encoding="utf-8")
    order = [
        text.index(part)
        for part in ("edge-router rollback", "git checkout", "make setup", "pulumi up", "edge-router invalidate")
    ]
    assert order == sorted(order)
    assert "--keep-version --keep-config" in text
    assert "--refresh" in text


def test_a_build_in_the_pipeline_does_the_same_steps() -> None:
    spec = yaml.safe_load((ROOT / ".ci" / "buildspec.yml").read_text(encoding="utf-8"))
    assert (spec["version"], spec["env"]["exported-variables"]) == (0.2, ["VALIDATOR_PLAN"])
    commands = "\n".join(spec["phases"]["build"]["commands"])
    order = [
        commands.index(part)
        for part in (".ci/is-rolling-back", "edge-router rollback", ".ci/deploy", "export VALIDATOR_PLAN=")
    ]
    assert order == sorted(order)
    assert spec["phases"]["build"]["on-failure"] == "ABORT"
