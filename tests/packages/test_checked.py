"""Builder, program and commands never call a package done that does not start."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import infra.package.bundle
import infra.package.start
from infra.package.bundle import BundleError, build_bundle
from infra.package.modules import modules_for
from infra.package.process import Interpreter, lambda_python, start_package
from infra.package.start import check_start, start_error
from simulator.standin.model.errors import ProgramError
from simulator.standin.program import run_program
from tests.cli.conftest import Result, project, run  # noqa: F401  the command, on stacks of its own
from tests.infra.configs import shipped_stack
from tests.packages.started import stack_with

Run = Callable[..., Result]
MISSING = "strategies.fastest_origin.race"
PROBLEM = f"the package for fastest-origin does not start: ModuleNotFoundError: No module named {MISSING!r}"
FASTEST = ("--set", "strategy=fastest-origin", "--set", "control.mode=baked")


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bundler leaves a module out that is needed."""

    def without_race(*arguments: Any, **named: Any) -> list[str]:
        return [name for name in modules_for(*arguments, **named) if name != MISSING]

    monkeypatch.setattr(infra.package.bundle, "modules_for", without_race)


@pytest.mark.long
@pytest.mark.usefixtures("broken")
def test_a_package_that_does_not_start_is_an_error_that_names_the_module(tmp_path: Path) -> None:
    stack = stack_with("fastest-origin")
    with pytest.raises(BundleError) as caught:
        check_start(stack, build_bundle(stack, tmp_path))
    assert str(caught.value) == start_error(stack) == PROBLEM


@pytest.mark.long_if(r"^(?!sticky-session$)")
@pytest.mark.parametrize("strategy", ["fastest-origin", "sticky-session, versioned", "jwt-iat"])
def test_a_package_that_starts_has_no_problem(strategy: str, tmp_path: Path) -> None:
    stack = stack_with(strategy)
    assert (start_error(stack), check_start(stack, build_bundle(stack, tmp_path))) == ("", "")


def test_a_package_that_has_started_is_not_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = stack_with("tenant-lookup", release="started once")
    bundle = build_bundle(stack, tmp_path)
    check_start(stack, bundle)
    monkeypatch.setattr(infra.package.start, "start_package", None)
    assert check_start(stack, bundle) == ""


@pytest.mark.usefixtures("broken")
def test_bundle_writes_nothing_that_does_not_start(run: Run, tmp_path: Path) -> None:  # noqa: F811
    path = tmp_path / "router.zip"
    assert run("bundle", "--stack", "prod", "--out", str(path), *FASTEST) == Result(1, "", f"error: {PROBLEM}\n")
    assert not path.exists()


@pytest.mark.long
@pytest.mark.usefixtures("broken")
def test_config_check_does_not_call_it_in_order(run: Run) -> None:  # noqa: F811
    arguments = ("config", "check", "--stack", "prod", *FASTEST)
    result = run(*arguments)
    assert (result.exit_code, result.out, result.err.splitlines()[-1]) == (1, "", f"error: {PROBLEM}")
    assert json.loads(run(*arguments, "--json").out)["problems"] == [PROBLEM]


@pytest.mark.usefixtures("broken")
def test_the_program_stops_before_it_changes_anything() -> None:
    with pytest.raises(ProgramError) as caught:
        run_program("prod", overrides=("strategy=fastest-origin", "control.mode=baked"))
    assert PROBLEM in str(caught.value)


@pytest.mark.long
def test_without_lambdas_platform_only_modules_are_tried_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Interpreter(lambda_python().path, loads_native=False)
    monkeypatch.setattr(infra.package.start, "lambda_python", lambda: elsewhere)
    stack = shipped_stack("prod", "strategy=jwt-iat")
    assert check_start(stack, build_bundle(stack, tmp_path)) == (
        "its modules load, but it was not started here: cffi, cryptography are built for Lambda's Python 3.13 on Linux"
        " x86_64"
    )
    assert start_error(stack) == ""


def test_without_wheels_only_modules_are_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`config check` downloads nothing."""
    monkeypatch.setattr(infra.package.bundle, "WORK_DIRECTORY", str(tmp_path))
    assert start_error(stack_with("jwt-iat")) == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long_if(r"^files[356]")
@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"router/broken.py": b"1 +"}, "SyntaxError: invalid syntax (broken.py, line 1)"),
        ({"router/broken.py": b"1 / 0"}, "ZeroDivisionError: division by zero"),
        ({"router/broken.py": b"import sys; sys.exit('no more')"}, "no more"),
        ({"router/broken.py": b"import os; os._exit(7)"}, "exit code 7"),
        ({"router/broken.py": b"import strategies.gone"}, "ModuleNotFoundError: No module named 'strategies'"),
        ({"router/fine.py": b"print('[1]')"}, ""),
        ({"router/hiding.py": b"try:\n    import router.gone\nexcept ImportError:\n    pass"}, "missing: router.gone"),
    ],
)
def test_whatever_keeps_a_package_from_starting_is_told(files: dict[str, bytes], problem: str) -> None:
    assert start_package(files, [], lambda_python()).error == problem


def test_an_interpreter_that_cannot_be_run_is_told() -> None:
    start = start_package({}, [], Interpreter("/nowhere/python3.13", loads_native=False))
    assert start.error == "/nowhere/python3.13: [Errno 2] No such file or directory: '/nowhere/python3.13'"


def test_no_package_reaches_the_network_while_it_is_tried() -> None:
    code = b"import socket\nsocket.create_connection(('127.0.0.1', 9))"
    start = start_package({"router/asking.py": code}, [], lambda_python())
    assert start.error == "OSError: no network while a package is started for a check"


BAKED = b"def build_router(config, region): pass\n"


@pytest.mark.long_if(r"line[2457]")
@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({"reason": "assigned"}, ""),
        ({"reason": "error:ValueError@by_country.py:7"}, ""),
        ({"reason": "table-unreachable", "controlReason": "table-unreachable"}, ""),
        ({"reason": "error:ImportError@by_country.py:7"}, "error:ImportError@by_country.py:7"),
        ({"reason": "error:NameError@by_country.py:7"}, "error:NameError@by_country.py:7"),
        ({"reason": "pinned", "controlReason": "error:AttributeError"}, "error:AttributeError"),
        ({"reason": "start-failed:KeyError"}, "start-failed:KeyError"),
        ({"reason": "not-started"}, "not-started"),
    ],
)
def test_of_the_errors_of_a_request_those_of_the_package_count(line: dict[str, str], problem: str) -> None:
    """A strategy may raise where the surroundings are not AWS's: that is what the router falls back for."""
    handler = f"def handler(event, context): print({json.dumps(json.dumps(line))})"
    files = {"router/__init__.py": b"", "router/baked.py": BAKED, "router/handler.py": handler.encode()} | {
        "config.json": b"{}"
    }
    assert start_package(files, [{}], lambda_python()).error == problem
