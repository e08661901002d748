"""The code in docs/write-your-own.md, and that of `edge-router new-strategy`: it lints, works, and passes its tests."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from cli.new_strategy.names import StrategyNames
from cli.new_strategy.scaffold import INDEX, REGISTRY, write_strategy
from strategies import Assignment, Edge, Needs, Request, registry

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/write-your-own.md").read_text(encoding="utf-8")
NAMES = StrategyNames("by-country")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files of a clone that the command changes, and the folders that it writes to.

    Without the page's strategy, which is there where somebody has followed the page.
    """
    for path in (REGISTRY, INDEX):
        (tmp_path / path).parent.mkdir(parents=True)
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines(keepends=True)
        (tmp_path / path).write_text("".join(line for line in lines if "by-country" not in line), encoding="utf-8")
    for folder in ("tests/strategies", "docs/strategies"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("router", "pyproject.toml"):  # for ruff, which sorts the imports of what it finds
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


@pytest.fixture(params=["the page", "the command"])
def code(request: pytest.FixtureRequest, clone: Path) -> tuple[str, str]:
    """The strategy and its test."""
    if request.param == "the page":
        strategy, test = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
        return strategy, test
    strategy, test, *_ = write_strategy(clone, NAMES)
    return (clone / strategy).read_text(encoding="utf-8"), (clone / test).read_text(encoding="utf-8")


def run(code: str, name: str) -> ModuleType:
    module = ModuleType(name)
    sys.modules[name] = module
    exec(compile(code, name, "exec"), module.__dict__)
    return module


@pytest.fixture
def registered(code: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The strategy is imported, and the page's line is in the table."""
    monkeypatch.setitem(sys.modules, "strategies.by_country", ModuleType("placeholder"))
    run(code[0], "strategies.by_country")
    line = re.search(r'^    "(by-country)": "(.*)",$', PAGE, re.MULTILINE)
    assert line is not None
    monkeypatch.setitem(registry.STRATEGIES, line[1], line[2])


def test_the_code_is_linted_and_formatted(code: tuple[str, str], clone: Path) -> None:
    paths = ("strategies/by_country.py", "tests/strategies/test_by_country.py")
    for path, text in zip(paths, code, strict=True):
        (clone / path).write_text(text, encoding="utf-8")
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--quiet", "--no-cache", *paths]
        done = subprocess.run(ruff, cwd=clone, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.usefixtures("registered")
def test_the_tests_pass(code: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "by_country_test", ModuleType("placeholder"))
    tests = run(code[1], "by_country_test").__dict__
    names = [name for name in tests if name.startswith("test_")]
    assert len(names) == 3
    for name in names:
        tests[name]()


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("code", ["the page"], indirect=True)
def test_the_strategy_of_the_page_works_once_its_line_is_in_the_table() -> None:
    by_country = registry.load("by-country")
    options = by_country.Options(countries=["CH"])
    assert by_country.needs(options) == Needs(headers=frozenset({"cloudfront-viewer-country"}), by_percentage=True)
    strategy = by_country(options, Edge(clock=lambda: 0.0, random_bytes=bytes))
    request = Request(headers={"cloudfront-viewer-country": "CH"}, client_ip="::1")
    decision = strategy.choose(request, Assignment("r", 100))
    assert (decision.origin, decision.reason) == ("canary", "country")


def test_the_page_says_what_the_command_writes(clone: Path) -> None:
    written = [path.as_posix() for path in write_strategy(clone, NAMES)]
    generated = ["docs/logs.md", "docs/settings.md"]
    assert [*written, *generated] == re.findall(r"^wrote (.+)$", PAGE, re.MULTILINE)


def test_registry_and_navigation_get_a_line_each_at_the_end_of_their_lists(clone: Path) -> None:
    before = {path: (clone / path).read_text(encoding="utf-8") for path in (REGISTRY, INDEX)}
    write_strategy(clone, NAMES)
    line = '    "by-country": "strategies.by_country:ByCountry",\n'
    row = "| [by-country](strategies/by-country.md) | the header that names the visitor |\n"
    for path, added, after in ((REGISTRY, line, "}\n"), (INDEX, row, "\n## ")):
        text = (clone / path).read_text(encoding="utf-8")
        assert text.replace(added, "", 1) == before[path]
        assert added + after in text
