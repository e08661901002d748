"""The code in docs/write-your-own.md is a strategy that works, and its test passes."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from strategies import Assignment, Edge, Needs, Request, registry

PAGE = (Path(__file__).parents[2] / "docs/write-your-own.md").read_text(encoding="utf-8")
STRATEGY, TEST = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def run(code: str, name: str) -> ModuleType:
    module = ModuleType(name)
    sys.modules[name] = module
    exec(compile(code, name, "exec"), module.__dict__)
    return module


@pytest.fixture
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "strategies.by_country", ModuleType("placeholder"))
    run(STRATEGY, "strategies.by_country")
    line = re.search(r'^    "(by-country)": "(.*)",$', PAGE, re.MULTILINE)
    assert line is not None
    monkeypatch.setitem(registry.STRATEGIES, line[1], line[2])


@pytest.mark.usefixtures("_registered")
def test_the_strategy_works_once_its_line_is_in_the_table() -> None:
    by_country = registry.load("by-country")
    options = by_country.Options(countries=["CH"])
    assert by_country.needs(options) == Needs(headers=frozenset({"cloudfront-viewer-country"}), by_percentage=True)
    strategy = by_country(options, Edge(clock=lambda: 0.0, random_bytes=bytes))
    request = Request(headers={"cloudfront-viewer-country": "CH"}, client_ip="::1")
    decision = strategy.choose(request, Assignment("r", 100))
    assert (decision.origin, decision.reason) == ("canary", "country")


@pytest.mark.usefixtures("_registered")
def test_the_tests_on_the_page_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "by_country_test", ModuleType("placeholder"))
    tests = run(TEST, "by_country_test").__dict__
    names = [name for name in tests if name.startswith("test_")]
    assert len(names) == 3
    for name in names:
        tests[name]()
