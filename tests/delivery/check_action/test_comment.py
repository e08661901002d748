"""What the action's second step does with GitHub's API, on loopback."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.ports import refusing_url

from .github import GitHub, serve

ACTION = Path(__file__).parents[3] / ".github" / "actions" / "check"
MARKER = "<!-- edge-router check: edge-router -->"


def load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"action_{name}", ACTION / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look
    spec.loader.exec_module(module)
    return module


comment = load("comment")


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job of a pull request that has checked: its folder."""
    for name in ("NAME", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "event.json").write_text(json.dumps({"pull_request": {"number": 7}}))
    given = {
        "OUT": str(tmp_path),
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_REPOSITORY": "your-company/site",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_TOKEN": "a-token",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    write_result(tmp_path, "5 % of new visitors go to canary.")
    return tmp_path


def write_result(job: Path, text: str, *, is_quiet: bool = False) -> None:
    (job / "comment.md").write_text(f"{text}\n")
    (job / "result.json").write_text(json.dumps({"isQuiet": is_quiet, "hasErrors": False}))


def put(github: GitHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    with serve(github):
        monkeypatch.setenv("GITHUB_API_URL", github.url)
        assert comment.main() == 0
    return capsys.readouterr().out


def test_a_pull_request_gets_one_comment_which_changes(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    github = GitHub()
    for number in range(120):
        github.say(f"comment {number}")
    github.say(f"{MARKER}\nby somebody")
    assert put(github, monkeypatch, capsys) == "edge-router: the comment is made\n"
    body = f"{MARKER}\n## edge-router\n\n5 % of new visitors go to canary.\n"
    assert github.comments[-1]["body"] == body
    assert put(github, monkeypatch, capsys) == "edge-router: the comment is as it was\n"
    write_result(job, "25 % of new visitors go to canary.")
    assert put(github, monkeypatch, capsys) == "edge-router: the comment is changed\n"
    assert [one["body"] for one in github.comments[120:]] == [
        f"{MARKER}\nby somebody",
        body.replace("5 %", "25 %"),
    ]
    assert github.tokens == {"Bearer a-token"}


def test_where_nothing_moves_there_is_no_comment_but_an_earlier_one_is_put_right(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    github = GitHub()
    write_result(job, "Nobody moves.", is_quiet=True)
    told = put(github, monkeypatch, capsys)
    assert told == "edge-router: the comment is not made: nothing was found, and nobody moves\n"
    assert github.comments == []
    github.say(f"{MARKER}\nsomething", "Bot")
    assert put(github, monkeypatch, capsys) == "edge-router: the comment is changed\n"


def test_a_fork_has_no_right_and_gets_the_summary(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    github = GitHub(refuses=403)
    told = put(github, monkeypatch, capsys)
    assert told.startswith("::notice::edge-router: the token may not comment (a fork's pull request, ")
    assert github.comments == []
    assert (job / "summary.md").read_text() == "## edge-router\n\n5 % of new visitors go to canary.\n\n"


def test_a_failure_of_github_is_a_warning(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = put(GitHub(refuses=500), monkeypatch, capsys)
    assert told == "::warning::edge-router: GitHub answers 500 to POST; the result is in the summary of the job\n"
    with refusing_url() as url:
        monkeypatch.setenv("GITHUB_API_URL", url)
        assert comment.main() == 0
    assert capsys.readouterr().out.startswith("::warning::edge-router: GitHub cannot be reached: ")
    assert job.exists()


def test_without_a_token_or_a_pull_request_nobody_is_asked(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    github = GitHub()
    monkeypatch.setenv("GITHUB_TOKEN", "")
    assert put(github, monkeypatch, capsys).startswith("::notice::edge-router: there is no token, ")
    monkeypatch.setenv("GITHUB_TOKEN", "a-token")
    (job / "event.json").write_text("{}")
    assert put(github, monkeypatch, capsys).startswith("edge-router: this is not a pull request; ")
    assert github.calls == []


def test_comments_of_two_names_do_not_meet(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    github = GitHub()
    for name in ("one", "two", "one"):
        monkeypatch.setenv("NAME", name)
        put(github, monkeypatch, capsys)
    assert [one["body"].partition("\n")[0] for one in github.comments] == [
        "<!-- edge-router check: one -->",
        "<!-- edge-router check: two -->",
    ]
    assert job.exists()
