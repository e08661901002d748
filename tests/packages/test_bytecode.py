"""The bytecode in a package: the same from every process, used by Lambda's Python, and named where it is missing."""

from __future__ import annotations

import json
import marshal
import os
import re
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

import infra.package.bundle
from infra.package.bundle import BundleError, build_bundle
from infra.package.bytecode import WORKER, BytecodeError, compile_sources
from infra.package.process import Interpreter, lambda_python, start_package
from infra.package.start import sample_events
from simulator.standin.program import run_program
from tests.cli.conftest import Result, project, run  # noqa: F401  the command, on stacks of its own
from tests.infra.configs import ROOT, stack_of
from tests.packages.started import stack_with

HEADER_BYTES = 16
OTHER_VERSION = Interpreter(sys.executable, loads_native=False)
with_lambda_version = pytest.mark.skipif(
    not lambda_python().is_lambda_version, reason="this machine has no Python of Lambda's version"
)
every_python = pytest.mark.parametrize("python", sorted({lambda_python().path, sys.executable}))
BUSY = """
import asyncio, dataclasses, decimal, email.message, http.client, json, runpy, sys, typing, urllib.request, zipfile
kept = [compile(text, "<kept>", "exec") for text in json.loads(sys.argv[2])]
runpy.run_path(sys.argv[1])
"""
"""The worker in a process that has imported much, and refers to many names and constants of the same sources."""


STRIPPED = "without-annotations"


def compiler(path: str) -> Interpreter:
    return Interpreter(path, loads_native=False, is_lambda_version=True)


def own_sources() -> dict[str, bytes]:
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in sorted((ROOT / "router").rglob("*.py"))}


def bytecode_in(package: Path) -> dict[str, bytes]:
    with ZipFile(package) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name.endswith(".pyc")}


@pytest.mark.long
@every_python
def test_bytecode_depends_on_nothing_but_the_source(python: str) -> None:
    """Neither on what else the process did, nor on how strings are hashed, nor on the sources compiled with it."""
    sources = {name: content for name, content in own_sources().items() if "cookie" in name or "event" in name}
    sources["router/sets.py"] = b"def known(name):\n    return name in {'a', 'b', 'c', 'd', 1, 2.5, None, b'e'}\n"
    expected = compile_sources(sources, compiler(python))
    texts = {name: content.decode() for name, content in reversed(sources.items())}
    for seed in ("1", "2"):
        ended = subprocess.run(
            [
                python,
                "-B",
                "-X",
                "no_debug_ranges",
                "-c",
                BUSY,
                str(WORKER),
                json.dumps(list(texts.values())),
                STRIPPED,
            ],
            input=json.dumps(texts),
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        compiled = json.loads(ended.stdout)
        assert [b64decode(compiled[name]) for name in sources] == list(expected.values())


def test_it_is_used_whatever_the_time_and_content_of_the_source_and_keeps_its_lines() -> None:
    [(name, content)] = compile_sources({"router/some.py": b"\n\ndef f(): pass\n"}, compiler(sys.executable)).items()
    assert name == "router/__pycache__/some.cpython-313.pyc"
    assert content[4:8] == b"\1\0\0\0"
    code = marshal.loads(content[HEADER_BYTES:])
    assert code.co_consts[0].co_firstlineno == 3


@pytest.mark.long
@with_lambda_version
@pytest.mark.parametrize("strategy", ["sticky-session", "jwt-iat"])
def test_lambda_runs_the_bytecode_and_compiles_nothing(strategy: str, tmp_path: Path) -> None:
    """With sources that no Python could compile."""
    stack = stack_with(strategy)
    bundle = build_bundle(stack, tmp_path)
    assert bundle.has_bytecode
    with ZipFile(bundle.path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    spoiled = {name: b"1 +" if name.endswith(".py") else content for name, content in files.items()}
    assert start_package(spoiled, sample_events(stack), lambda_python()).error == ""


@with_lambda_version
def test_a_log_line_from_bytecode_has_file_and_line_of_the_source(tmp_path: Path) -> None:
    """Here of the import in routing.py that finds nothing."""
    stack = stack_with("cookie-version")
    with ZipFile(build_bundle(stack, tmp_path).path) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if "cache_control" not in name}
    error = start_package(files, sample_events(stack), lambda_python()).error
    lines = (ROOT / "router/routing.py").read_text(encoding="utf-8").splitlines()
    found = re.match(r"error:ModuleNotFoundError@routing\.py:(\d+);", error)
    assert found is not None, error
    assert "from router.cache_control import" in lines[int(found[1]) - 1]


@pytest.fixture
def without_lambda_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(infra.package.bundle, "lambda_python", lambda: OTHER_VERSION)


@pytest.mark.usefixtures("without_lambda_version")
def test_without_lambdas_python_there_is_none(tmp_path: Path) -> None:
    bundle = build_bundle(stack_of(), tmp_path)
    assert not bundle.has_bytecode
    assert bytecode_in(bundle.path) == {}


WARNING = (
    "the package has no bytecode, because no Python 3.13 was found here to compile it: Lambda compiles it at every cold"
    " start. Install python3.13"
)


@pytest.mark.usefixtures("without_lambda_version")
def test_bundle_warns_of_a_package_without_bytecode(
    run: Callable[..., Result],  # noqa: F811
    tmp_path: Path,
) -> None:
    path = tmp_path / "router.zip"
    result = run("bundle", "--stack", "prod", "--out", str(path))
    assert (result.exit_code, result.err) == (0, f"warning: {path}: {WARNING}\n")


@pytest.mark.usefixtures("without_lambda_version")
def test_preview_warns_of_a_package_without_bytecode() -> None:
    assert f"edge-router: {WARNING}" in run_program("prod").warnings


@with_lambda_version
def test_nobody_is_warned_of_a_package_with_bytecode() -> None:
    assert not [warning for warning in run_program("prod").warnings if "bytecode" in warning]


def test_a_source_that_cannot_be_compiled_is_left_as_it_is() -> None:
    """Importing it says what is wrong."""
    sources = {"router/a.py": b"1 +", "router/b.py": b"import this_is_not_run\n", "config.json": b"{}"}
    assert list(compile_sources(sources, compiler(sys.executable))) == ["router/__pycache__/b.cpython-313.pyc"]


def annotations_in(compiled: dict[str, bytes], name: str) -> dict[str, object]:
    namespace: dict[str, object] = {}
    exec(marshal.loads(compiled[name][HEADER_BYTES:]), namespace)
    return namespace["f"].__annotations__


@pytest.mark.parametrize(
    ("reader", "expected"),
    [
        (b"from functools import singledispatch\n", {"x": int}),
        (b"import inspect\n", {"x": int}),
        (b"import json\n", {}),
    ],
)
def test_annotations_stay_where_any_source_of_the_package_may_read_them(
    reader: bytes, expected: dict[str, object]
) -> None:
    sources = {"strategies/a.py": reader, "strategies/b.py": b"def f(x: int): pass\n"}
    compiled = compile_sources(sources, compiler(sys.executable))
    assert annotations_in(compiled, "strategies/__pycache__/b.cpython-313.pyc") == expected


def test_a_source_in_another_encoding_is_left_as_it_is() -> None:
    sources = {"a.py": "# -*- coding: latin-1 -*-\nR = 'é'\n".encode("latin-1")}
    assert compile_sources(sources, compiler(sys.executable)) == {}


@pytest.mark.parametrize(
    ("script", "problem"),
    [("echo no space left >&2; exit 1", "no space left"), ("exit 7", "exit code 7")],
)
def test_a_python_that_does_not_compile_ends_the_build(
    script: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "python3.13"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setattr(infra.package.bundle, "lambda_python", lambda: compiler(str(path)))
    with pytest.raises(BundleError) as caught:
        build_bundle(stack_of(), tmp_path)
    assert str(caught.value) == f"{path} cannot compile the package: {problem}"


def test_a_python_that_cannot_be_run_is_told() -> None:
    with pytest.raises(BytecodeError) as caught:
        compile_sources({"router/a.py": b""}, compiler("/nowhere/python3.13"))
    assert str(caught.value) == (
        "/nowhere/python3.13 cannot compile the package: [Errno 2] No such file or directory: '/nowhere/python3.13'"
    )
