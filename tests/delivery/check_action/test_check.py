"""What the action's first step writes, by the script that the action runs; and the action's own file."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.test_sarif import validate_run

from .test_comment import ACTION, load

ROOT = ACTION.parents[2]
STATES = ROOT / "tests" / "cache_check" / "foreign_states"
TEXT = (ACTION / "action.yml").read_text(encoding="utf-8")
PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
check = load("check")


def run(tmp_path: Path, **given: str) -> tuple[str, dict[str, str]]:
    """The script as the step runs it: the comment and the outputs."""
    outputs = tmp_path / "outputs"
    environment = {**os.environ, "GITHUB_OUTPUT": str(outputs), "OUT": str(tmp_path / "out"), "BASE": "", **given}
    done = subprocess.run([ACTION / "check"], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    told = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
    return Path(told["comment"]).read_text(encoding="utf-8"), told


@pytest.mark.long
def test_a_state_is_checked_and_a_stack_is_told_against_its_base(tmp_path: Path) -> None:
    state = STATES / "m7-cff-random.json"
    text, told = run(tmp_path, STACKS="prod", STATES=str(state), BASE="HEAD")
    lines = text.splitlines()
    assert lines[:5] == ["### `prod`", "", "Effect on visitors:", "", lines[4]]
    assert lines[4].startswith("- ")
    assert f"### `{state}`" in lines
    assert any(line.startswith("- **warning** `chosen-by-chance` (") for line in lines)
    assert (told["has-errors"], told["has-sarif"]) == ("false", "true")
    assert json.loads((tmp_path / "out" / "result.json").read_text()) == {"isQuiet": False, "hasErrors": False}
    files = sorted(Path(told["sarif"]).iterdir())
    assert [path.name for path in files] == ["stack-0.sarif", "state-1.sarif"]
    assert [one["ruleId"] for path in files for one in validate_run(path.read_text())["results"]] == [
        "chosen-by-chance"
    ]


class Commands:
    """Answers the commands in the place of edge-router."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **answers: Any) -> None:
        self._answers = answers
        monkeypatch.setattr(check, "run", self)
        monkeypatch.setattr(check, "has_commit", lambda _root, base: base != "gone")

    def __call__(self, _root: Path, command: str, *_arguments: str) -> tuple[Any, str]:
        return self._answers[command], "error: something"


MOVES = {"who": "new", "text": "5 % of new visitors go to *canary*, @somebody.", "percentMoved": None}
STAYS = {"who": "known", "text": "Visitors with a session stay.", "percentMoved": 0}
FINE = {"ok": True, "problems": [], "warnings": [], "findings": [], "errors": []}


def effect_document(lines: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"ok": True, "lines": lines, "notJudged": [], "withoutEffect": [], **more}


@pytest.mark.parametrize(
    ("effect", "found", "is_quiet", "has_errors"),
    [
        (effect_document([STAYS]), FINE, True, False),
        (effect_document([MOVES, STAYS]), FINE, False, False),
        (effect_document([STAYS], notJudged=["bots"]), FINE, False, False),
        (effect_document([STAYS]), {**FINE, "ok": False, "problems": ["edge-router:pin is odd"]}, False, True),
        ({"ok": False, "errors": [{"message": "PULUMI_CONFIG_PASSPHRASE"}]}, FINE, False, False),
        (effect_document([STAYS]), {"ok": False, "errors": [{"message": "no such stack"}]}, False, True),
        (
            effect_document([STAYS]),
            {"ok": False, "errors": [{"message": "x: set PULUMI_CONFIG_PASSPHRASE"}]},
            False,
            False,
        ),
        (None, None, False, True),
    ],
)
def test_a_comment_is_due_where_somebody_moves_or_something_was_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, effect: Any, found: Any, is_quiet: bool, has_errors: bool
) -> None:
    Commands(monkeypatch, effect=effect, config=found)
    for name, value in {"ROOT": ".", "OUT": str(tmp_path), "STACKS": "prod", "STATES": "", "BASE": "HEAD"}.items():
        monkeypatch.setenv(name, value)
    assert check.main() == 0
    result = json.loads((tmp_path / "result.json").read_text())
    assert result == {"isQuiet": is_quiet, "hasErrors": has_errors}


def test_nothing_of_a_file_is_markup_and_nobody_is_mentioned(monkeypatch: pytest.MonkeyPatch) -> None:
    Commands(monkeypatch, effect=effect_document([MOVES]))
    report = check.Report()
    check.effect(report, Path(), "prod", "HEAD")
    assert report.lines[2] == "- 5 % of new visitors go to \\*canary\\*, @\u200bsomebody."


def test_a_base_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    Commands(monkeypatch)
    report = check.Report()
    check.effect(report, Path(), "prod", "gone")
    assert report.lines[0] == (
        "Effect on visitors: not judged, the commit to compare with is not in the checkout: check out with"
        " fetch-depth: 0."
    )


def test_a_long_comment_is_cut(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    many = {**FINE, "warnings": ["a warning of some length"] * 5_000}
    Commands(monkeypatch, config=many)
    for name, value in {"ROOT": ".", "OUT": str(tmp_path), "STACKS": "prod", "STATES": "", "BASE": ""}.items():
        monkeypatch.setenv(name, value)
    assert check.main() == 0
    text = (tmp_path / "comment.md").read_text()
    assert len(text) < 61_000
    assert text.endswith("\n\nThe rest is in the log of the job.\n")


def test_a_commit_is_known_or_fetched(tmp_path: Path) -> None:
    assert check.has_commit(ROOT, "HEAD")
    assert not check.has_commit(tmp_path, "HEAD")
    assert not check.has_commit(ROOT, "--help")


def test_every_action_is_pinned_and_no_expression_is_in_a_shell() -> None:
    steps = yaml.safe_load(TEXT)["runs"]["steps"]
    uses = [line.partition("uses: ")[2] for line in TEXT.splitlines() if "uses:" in line]
    assert len(uses) == 2
    assert all(PINNED.fullmatch(one) for one in uses)
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    assert f"uses: {uses[0]}" in workflow.replace("- uses", "uses")
    for step in steps:
        assert "${{" not in step.get("run", "")
        assert step.get("shell", "bash") == "bash"


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="needs shellcheck on PATH")
def test_shellcheck_has_nothing_to_say() -> None:
    done = subprocess.run(["shellcheck", str(ACTION / "check")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
