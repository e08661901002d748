"""`--json` on every outcome of every command: one shape, and the exit code that goes with it (docs/commands.md)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cli.explain.run
import cli.main
from cache_check.catalogue import RULES
from cli.output.outcome import Problem
from cli.stacks.workspace import Workspace
from tests.cli.conftest import Result
from tests.cli.every_command import COMMANDS, Command

Run = Callable[..., Result]
JSON = [command for command in COMMANDS if command.takes("--json")]
WITH_STACK = [command for command in COMMANDS if command.takes("--stack")]


@pytest.fixture(autouse=True)
def _nothing_of_aws(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Commands that get as far as AWS find no credentials there, at once."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))


def errors_of(result: Result) -> list[dict[str, Any]]:
    """The errors of a document that says the same as the exit code."""
    document = json.loads(result.out)
    assert (document["ok"], document["exitCode"]) == (False, result.exit_code)
    assert all(set(error) == {"key", "message"} for error in document["errors"])
    return document["errors"]


@pytest.mark.parametrize("command", JSON, ids=lambda command: command.name)
def test_an_option_that_is_none_is_json_too(run: Run, command: Command) -> None:
    result = run(*command.call("--jsn-lines", "--json"))
    assert result.exit_code == 2
    [error] = errors_of(result)
    assert (error["key"], error["message"].startswith("No such option: --jsn-lines")) == ("--jsn-lines", True)
    assert result.err == (f"error: {error['message']}\n`edge-router {command.name} --help` lists what is allowed\n")


@pytest.mark.parametrize("command", [one for one in JSON if one.takes("--stack")], ids=lambda command: command.name)
def test_a_stack_that_is_not_there_is_json_too(run: Run, command: Command) -> None:
    result = run(*command.call("--json", stack="nowhere"))
    assert result.exit_code in (1, 2)
    assert errors_of(result)
    assert "Traceback" not in result.err


@pytest.mark.parametrize("words", [(), ("builds",)])
def test_without_a_command_it_prints_the_help(run: Run, words: tuple[str, ...]) -> None:
    result = run(*words)
    assert (result.exit_code, result.out) == (2, "")
    assert result.err.startswith(f"Usage: {' '.join(('edge-router', *words))} [OPTIONS] COMMAND")


def test_arguments_that_are_missing_are_json_too(run: Run) -> None:
    [error] = errors_of(run("explain", "--json"))
    assert error == {"key": "event", "message": "Missing argument 'EVENT'."}
    [error] = errors_of(run("cost", "--json", "--requests", "many"))
    assert error["key"] == "--requests"


def test_every_mistake_of_the_settings_is_an_error_with_its_key(run: Run) -> None:
    result = run("config", "check", "--stack", "prod", "--set", "pin=x", "--set", "aws:region=us-eats-1", "--json")
    assert result.exit_code == 1
    assert [error["key"] for error in errors_of(result)] == ["aws:region", "edge-router:pin"]
    assert json.loads(result.out)["problems"] == [error["message"] for error in errors_of(result)]
    result = run("explain", "-", "--set", "pin=x", "--json")
    assert (result.exit_code, [error["key"] for error in errors_of(result)]) == (2, ["edge-router:pin"])


def test_a_good_end_has_the_same_outside(run: Run) -> None:
    document = json.loads(run("config", "check", "--stack", "prod", "--json").out)
    assert document == {
        "ok": True,
        "exitCode": 0,
        "errors": [],
        "stack": "prod",
        "problems": [],
        "warnings": [],
        "findings": [],
        "judged": {"distributions": 1, "behaviors": 1, "rules": len(RULES)},
        "notJudged": [],
    }


def test_ctrl_c_ends_with_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli.explain.run, "explain", _interrupt)
    result = run("explain", "-", "--json")
    assert (result.exit_code, result.err) == (130, "error: interrupted\n")
    assert errors_of(result) == [{"key": None, "message": "interrupted"}]


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_ctrl_c_before_anything_is_imported_is_the_same(more: list[str]) -> None:
    code = "import os, signal, sys; from cli import entry; signal.signal(signal.SIGINT, entry._leave)"
    call = [sys.executable, "-c", f"{code}; os.kill(os.getpid(), signal.SIGINT)", "cost", *more]
    ended = subprocess.run(call, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (130, "")
    document = {"ok": False, "exitCode": 130, "errors": [{"key": None, "message": "interrupted"}]}
    assert ended.stdout == (f"{json.dumps(document)}\n" if more else "")


def _interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_fault_of_ours_is_json_and_keeps_its_traceback(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(cli.explain.run, "explain", fail)
    with pytest.raises(ZeroDivisionError):
        cli.main.main(["explain", "-", "--json"], Workspace(project))
    assert json.loads(capfd.readouterr().out)["errors"] == [
        {"key": None, "message": "a bug in edge-router: ZeroDivisionError: division by zero"}
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("cost --requests 10M", "--requests is '10M': allowed is a whole number from 0 to 1,000,000,000,000,000"),
        ("cost --requests 1 --hit-percent abc", "--hit-percent is 'abc': allowed is a number from 0 to 100"),
        ("what-if --percent 250", "--percent is 250: allowed is a number from 0 to 100"),
        ("up --port 99999", "--port is 99999: allowed is a whole number from 0 to 65535"),
        ("sweep --keep 0", "--keep is 0: allowed is a whole number from 1 to 50"),
        ("rollback --to abc", "--to is 'abc': allowed is a whole number from 1"),
    ],
)
def test_a_number_that_is_not_allowed_is_named_with_what_is(run: Run, words: str, message: str) -> None:
    assert run(*words.split()) == Result(2, "", f"error: {message}\n")


def test_a_number_that_is_not_allowed_has_its_option_as_the_key(run: Run) -> None:
    [error] = json.loads(run("sweep", "--keep", "x", "--json").out)["errors"]
    assert error == {"key": "--keep", "message": "--keep is 'x': allowed is a whole number from 1 to 50"}


@pytest.mark.parametrize(
    ("message", "key"),
    [
        ("edge-router:stickySession.replicas[1] is 'x'", "edge-router:stickySession.replicas[1]"),
        ('edge-router:origins["a b"].path is 5', 'edge-router:origins["a b"].path'),
        ("--state x.json: is empty", "--state"),
        ("README.md: is not JSON", None),
        ("https://example.com: nothing answers", None),
    ],
)
def test_the_key_is_what_the_message_begins_with(message: str, key: str | None) -> None:
    assert Problem.of(message) == Problem(key, message)


def test_the_default_stack_is_the_same_for_all_commands_or_there_is_none() -> None:
    defaults = {
        command.parameters["stack"].default for command in WITH_STACK if not command.parameters["stack"].required
    }
    assert defaults - {None} == {"local"}


def test_the_version_is_one_line(run: Run) -> None:
    result = run("--version")
    assert (result.exit_code, result.err, result.out.count("\n")) == (0, "", 1)
    assert result.out.startswith("edge-router 0.3.0 (Python 3.")
    assert "pulumi-aws " in result.out
