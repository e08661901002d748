"""`edge-router effect`: the file of a stack against that of a commit, for people, pull requests and programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Result

from .conftest import Commit

Run = Callable[..., Result]
NEW = "5 % of new visitors go to canary (v2.example.com) (before: 0 %)."
STAYS = "Visitors with a session stay on the version that the sessions table has for them."


def change(project: Path, before: str, after: str) -> None:
    file = project / "Pulumi.prod.yaml"
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def test_a_change_is_told_in_plain_sentences(run: Run, project: Path, commit: Commit) -> None:
    base = commit()
    change(project, 'canaryPercent: "0"', 'canaryPercent: "5"')
    result = run("effect", "--stack", "prod", "--base", base)
    assert (result.exit_code, result.err) == (0, "")
    assert result.out.splitlines()[:2] == [f"prod: {NEW}", f"prod: {STAYS}"]
    document = run("effect", "--stack", "prod", "--base", "HEAD", "--json").document
    assert (document["stack"], document["base"]) == ("prod", "HEAD")
    assert document["lines"][0] == {
        "who": "new",
        "text": NEW,
        "percentBefore": 0.0,
        "percentAfter": 5.0,
        "percentMoved": None,
    }
    assert (document["withoutEffect"], document["notJudged"]) == ([], [])


def test_markdown_is_a_list_and_nothing_of_the_file_is_markup(run: Run, project: Path, commit: Commit) -> None:
    base = commit()
    key = "  edge-router:release:"
    change(project, key, f'  edge-router:staticPaths: ["/a_b/*"]\n{key}')
    result = run("effect", "--stack", "prod", "--base", base, "--markdown")
    assert result.out.splitlines() == [
        "**Effect on the visitors of `prod`**",
        "",
        "- Requests for /a\\_b/\\* go to stable from then on, without the router.",
    ]


def test_nothing_changed_and_nobody_moves(run: Run, commit: Commit) -> None:
    commit()
    assert run("effect", "--stack", "prod") == Result(
        0, "prod: Nobody moves: nothing changes that decides about a visitor.\n", ""
    )


def test_a_stack_without_a_file_at_the_commit_is_new(run: Run, project: Path, commit: Commit) -> None:
    file = project / "Pulumi.prod.yaml"
    text = file.read_text(encoding="utf-8")
    file.unlink()
    base = commit()
    file.write_text(text, encoding="utf-8")
    assert run("effect", "--stack", "prod", "--base", base).out.splitlines() == [
        "prod: The stack is new: it has no visitors yet.",
        "prod: 0 % of new visitors go to canary (v2.example.com).",
    ]


def test_what_is_no_commit_is_told(run: Run, project: Path, commit: Commit) -> None:
    commit()
    for reference in ("nowhere", "--help"):
        result = run("effect", "--stack", "prod", f"--base={reference}")
        finds = f"error: --base {reference}: git finds no such commit at {project}: Needed a single revision\n"
        assert result == Result(2, "", finds)


def test_without_git_there_is_no_commit(run: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    result = run("effect", "--stack", "prod")
    finds = f"git finds no such commit at {project}: git cannot be run: No such file or directory"
    assert result == Result(2, "", f"error: --base HEAD: {finds}\n")


def test_settings_that_were_invalid_name_the_commit(run: Run, project: Path, commit: Commit) -> None:
    change(project, 'canaryPercent: "0"', 'canaryPercent: "500"')
    base = commit()
    change(project, 'canaryPercent: "500"', 'canaryPercent: "5"')
    result = run("effect", "--stack", "prod", "--base", base)
    assert result.exit_code == 2
    assert f"at {base}: edge-router:canaryPercent is " in result.err


def test_a_stack_that_is_none_is_told(run: Run, commit: Commit) -> None:
    commit()
    result = run("effect", "--stack", "prd")
    assert result.exit_code == 2
    assert result.err.startswith("error: there is no stack 'prd'; the stacks are ")
