"""The GitHub workflows: what they may do, in which order, and how they go back; by their YAML, and by actionlint."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
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


def runs(found: dict[str, Any], job: str) -> list[str]:
    return [step["run"] for step in steps(found, job) if "run" in step]


def place(found: list[dict[str, Any]], text: str) -> int:
    """Of the one step that runs or uses what begins with `text`."""
    [index] = [
        number for number, step in enumerate(found) if str(step.get("run", step.get("uses", ""))).startswith(text)
    ]
    return index


def test_there_are_four() -> None:
    assert [path.stem for path in WORKFLOWS] == ["deploy", "nightly", "release", "test"]


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
    lines = [line for line in lines if "uses: ./" not in line]  # an action of this commit
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
    calls_pulumi = "pulumi/actions" in text
    assert set(re.findall(r"secrets\.(\w+)", text)) == ({"PULUMI_CONFIG_PASSPHRASE"} if calls_pulumi else set())


@every_workflow
def test_rights_are_given_to_jobs_and_no_more_than_they_need(path: Path) -> None:
    found = workflow(path.stem)
    assert found["permissions"] == {"contents": "read"}
    for name, job in found["jobs"].items():
        assumes = any("configure-aws-credentials" in str(step.get("uses")) for step in job["steps"])
        given = job.get("permissions", found["permissions"])
        expected = {"contents": "read"} | ({"id-token": "write"} if assumes else {})
        expected |= {"pull-requests": "write"} if name == "preview" else {}
        if is_publishing := name == "publish":
            expected = {"contents": "write", "id-token": "write", "attestations": "write"}
        assert given == expected, name
        # Rights and secrets belong to an environment, whose branches can be restricted.
        assert ("environment" in job) == (assumes or is_publishing)
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
    assert runs(found, "test") == ["make test"]
    preview = found["jobs"]["preview"]
    assert preview["needs"] == "test"
    assert preview["if"] == "github.event.pull_request.head.repo.full_name == github.repository"
    told = steps(found, "preview")
    assert place(told, "make setup") < place(told, "./.github/actions/check") < place(told, "pulumi/actions")
    commented = told[-1]["with"]
    assert (commented["command"], commented["stack-name"], commented["comment-on-pr"]) == ("preview", "staging", True)
    assert commented["suppress-outputs"] is True


def test_a_pull_request_is_tested_on_every_python_from_the_oldest_that_is_allowed_to_that_of_lambda() -> None:
    found = workflow("test")
    versions = found["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert versions == ["3.11", "3.12", "3.13"]
    assert PROJECT["project"]["requires-python"] == f">={versions[0]}"
    [setup] = [step for step in steps(found, "test") if str(step.get("uses")).startswith("actions/setup-python@")]
    assert setup["with"]["python-version"] == "${{ matrix.python }}"


def test_a_pull_request_is_checked_by_the_slower_type_checker_as_well() -> None:
    found = workflow("test")
    assert runs(found, "types") == ["make types-strict"]
    checked = (PROJECT["tool"]["pyrefly"]["project-includes"], PROJECT["tool"]["basedpyright"]["include"])
    assert checked[0] == checked[1]


def test_a_pull_request_builds_the_pages() -> None:
    found = workflow("test")
    assert runs(found, "docs") == ["make docs"]
    [setup] = [step for step in steps(found, "docs") if str(step.get("uses")).startswith("actions/setup-python@")]
    assert setup["with"]["cache-dependency-path"].split() == ["requirements-dev.txt", "requirements-docs.txt"]


def test_a_pull_request_may_not_lower_the_coverage_nor_its_floor_and_shows_it() -> None:
    found = workflow("test")
    shown = 'cat .edge-router/coverage/report.md >> "$GITHUB_STEP_SUMMARY"'
    assert runs(found, "coverage") == ['.ci/coverage-floor "origin/$GITHUB_BASE_REF"', "make coverage", shown]
    assert steps(found, "coverage")[0]["with"]["fetch-depth"] == 0
    assert PROJECT["tool"]["coverage"]["run"]["branch"] is True
    assert PROJECT["tool"]["coverage"]["report"]["fail_under"] > 0


@pytest.mark.long
@pytest.mark.parametrize(
    ("before", "now", "code"),
    [
        pytest.param("", "fail_under = 80", 0, id="the first one"),
        pytest.param("fail_under = 80", "fail_under = 80", 0, id="the same"),
        pytest.param("fail_under = 80", "fail_under = 80.5", 0, id="a higher one"),
        pytest.param("fail_under = 80", "fail_under = 79.9", 1, id="a lower one"),
        pytest.param("fail_under = 80", "", 1, id="none any more"),
    ],
)
def test_the_floor_of_the_coverage_may_only_rise(before: str, now: str, code: int, tmp_path: Path) -> None:
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    project, git = tmp_path / "pyproject.toml", ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    project.write_text(f"[tool.coverage.report]\n{before}\n", encoding="utf-8")
    for arguments in (["init", "--quiet"], ["add", "pyproject.toml"], ["commit", "--quiet", "--message", "floor"]):
        subprocess.run([*git, *arguments], cwd=tmp_path, check=True)
    project.write_text(f"[tool.coverage.report]\n{now}\n", encoding="utf-8")
    done = subprocess.run([tmp_path / ".ci" / "coverage-floor", "HEAD"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.startswith("coverage may not fall below ")


def test_every_night_all_tests_run_and_many_generated_events() -> None:
    found = workflow("nightly")
    assert list(triggers(found)) == ["schedule", "workflow_dispatch"]
    assert runs(found, "nightly") == ['make "$TARGET"']
    targets = found["jobs"]["nightly"]["strategy"]["matrix"]["target"]
    assert targets == ["test-long", "fuzz", "apps"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_dependabot_looks_at_every_folder_that_has_a_lock_and_at_the_actions() -> None:
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))["updates"]
    locks = {"pip": "*requirements*.txt", "npm": "*package-lock.json", "gomod": "*go.sum"}
    assert {one["package-ecosystem"] for one in updates} == {"github-actions", *locks}
    for ecosystem, pattern in locks.items():
        [found] = [one for one in updates if one["package-ecosystem"] == ecosystem]
        listed = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True)
        folders = {f"/{Path(name).parent.as_posix()}".removesuffix(".") for name in listed.stdout.split()}
        assert set(found["directories"]) == folders


def test_hooks_before_a_commit_run_the_tools_of_the_lock() -> None:
    repos = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [repo["repo"] for repo in repos] == ["local"]
    hooks = repos[0]["hooks"]
    assert [hook["id"] for hook in hooks] == ["ruff-check", "ruff-format", "pyrefly"]
    for hook in hooks:
        assert hook["language"] == "system"
        assert (ROOT / hook["entry"].split()[0]).exists()


@pytest.mark.parametrize("name", ["bug", "feature"])
def test_every_question_of_an_issue_form_has_a_name_of_its_own_and_a_label(name: str) -> None:
    form = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml").read_text(encoding="utf-8"))
    asked = [element for element in form["body"] if element["type"] != "markdown"]
    assert len({element["id"] for element in asked}) == len(asked)
    assert all(element["attributes"]["label"] for element in asked)
    assert any(element.get("validations", {}).get("required") for element in asked)


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
        for part in (
            "edge-router rollback",
            "git checkout",
            "make setup",
            "rename_component",
            "pulumi up",
            "invalidate",
        )
    ]
    assert order == sorted(order)
    assert "--keep-version --keep-config" in text
    assert "--refresh" in text


@pytest.mark.parametrize(("source", "imported"), [("index", ""), ("infra", "edge-router:infra:EdgeRouter$x\n")])
def test_a_program_that_knows_the_former_type_gets_a_state_with_it(source: str, imported: str, tmp_path: Path) -> None:
    """Else it would take all that is in the component for other resources (docs/upgrade.md).

    The newer program's bytecode says nothing of what the former one knows, and keeps no folder that it does not have.
    """
    files = {
        ".gitignore": "__pycache__/\n",
        "infra/a.py": f"TOKEN = 'edge-router:{source}:EdgeRouter'\n",
        "Makefile": "setup:\n",
        ".venv/bin/edge-router": "#!/bin/sh\n",
        "bin/pulumi": '#!/bin/sh\necho "$1 $2" >> calls\n'
        'case "$2" in export) echo "edge-router:index:EdgeRouter\\$x" ;; import) cat > imported ;; esac\n',
        ".ci/roll-back": (ROOT / ".ci" / "roll-back").read_text(encoding="utf-8"),
    }
    newer = {
        "infra/newer/__init__.py": "TOKEN = 'edge-router:index:EdgeRouter'\n",
        "infra/newer/__pycache__/__init__.pyc": "edge-router:index:EdgeRouter",
    }
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run([*git, "init", "--quiet"], cwd=tmp_path, check=True)
    for commit in (files, newer):
        for name, text in commit.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
            (tmp_path / name).chmod(0o755)
        for arguments in (["add", "--all"], ["commit", "--quiet", "--message", "a change"]):
            subprocess.run([*git, *arguments], cwd=tmp_path, check=True)
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    command = [tmp_path / ".ci" / "roll-back", "prod", "HEAD^"]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PATH": path})
    assert not (tmp_path / "infra/newer").exists()
    found = tmp_path / "imported"
    assert (found.read_text() if found.exists() else "") == imported
    moved = ["stack export", "stack import"] if imported else []
    assert sorted((tmp_path / "calls").read_text().splitlines()) == sorted([*moved, "up --stack"])


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
