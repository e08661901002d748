"""The log page has every field and every reason that the source has."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from router.control.precedence import Precedence
from router.groups import Grouped, GroupMetrics
from router.model.assignment import Live
from router.model.decision import Decision, Reading
from router.model.request import Request
from router.model.response import Response
from router.skew import NO_BUILD, BuildLog, BuildPrecedence, Skew
from strategies.registry import STRATEGIES
from tests.strategies.samples import declared_reasons, source_files

from .pages import DOCS, ROOT, read, section

TAKES_A_REASON = {
    *("Decision", "fallback", "fault", "_assign", "_recall"),
    *("TokenError", "ReadError", "ExchangeError", "TableError", "ItemError", "_UnusableBodyError"),
}
RETURNS_A_REASON = {"socket_failure", "_id_error", "_describe"}
"""Besides all functions that return it as the last of several values."""
ORIGINS = {"stable", "canary"}
NEVER_LOGGED = {"cancelled"}
"""The end of a probe that lost its race."""
ENDS_OF_PROBES = {"garbage", "reset"}
"""Reasons only where they come from a table."""

_REASON = re.compile(r"[a-z]+(-[a-z]+)*[-:]?")


def test_the_page_has_the_fields_that_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    reading = Reading(item=None, source="eu-west-1", elapsed_ms=3.72)
    decision = Decision("stable", "session", bucket=1, visitor="v", reading=reading, is_fallback=True)
    live = Live(25.0, "none", "r", False, "rollout", "rollout:7", "table-timeout")
    request = Request()
    request.step("build", "unknown")
    chosen = BuildPrecedence(Precedence({}), Skew("", "/.*", []), {}, None, "")
    chosen.build = NO_BUILD
    BuildLog("sticky-session", "salt", chosen).write(request, decision, 5, live)
    fields = re.findall(r"^\| `(\w+)` \|", read("logs.md").partition("## Reasons")[0], re.M)
    assert fields == list(json.loads(capsys.readouterr().out))


def test_the_page_has_the_metrics_that_are_written() -> None:
    metrics = GroupMetrics("EdgeRouter", "s", {"canary"}, lambda: 1_790_000_000.0)
    new = Grouped(Decision("canary", "no-cookie", bucket=1, visitor="r"), "canary")
    written = metrics.of_request(new, "r")
    written |= metrics.of_response("canary;1789999999000;canary", Response(origin="canary"))
    rows = re.findall(r"^\| `(\w+)` \|", section("logs.md", "Metrics"), re.M)
    assert sorted(rows) == sorted(written.keys() - {"_aws"})


def reasons() -> set[str]:
    """The reasons in the source of the edge package."""
    return reasons_in([*(ROOT / "router").rglob("*.py"), *(ROOT / "strategies").rglob("*.py")])


def reasons_in(sources: Sequence[Path]) -> set[str]:
    """The reasons in source files; one that is put together at run time ends with - or :."""
    places = [place for source in sources for place in _places(ast.parse(source.read_text(encoding="utf-8")))]
    found = {text for place in places for text in _texts(place)}
    return {text for text in found if _REASON.fullmatch(text)} - ORIGINS - NEVER_LOGGED


def _places(tree: ast.Module) -> Iterator[ast.expr]:
    """Where a reason can stand: what takes one, what returns one, and what is called `reason`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in TAKES_A_REASON:
            yield from node.args
        elif isinstance(node, ast.Dict):
            yield from (value for key, value in zip(node.keys, node.values, strict=True) if _is_called_reason(key))
        elif isinstance(node, ast.Assign) and any(_is_called_reason(target) for target in node.targets):
            yield from node.value.values if isinstance(node.value, ast.Dict) else [node.value]
        elif isinstance(node, ast.FunctionDef) and _returns_a_reason(node):
            yield from (inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return) and inner.value)


def _returns_a_reason(function: ast.FunctionDef) -> bool:
    returns = ast.unparse(function.returns) if function.returns else ""
    return function.name in RETURNS_A_REASON or (returns.startswith("tuple[") and returns.endswith("str]"))


def _is_called_reason(node: ast.expr | None) -> bool:
    name = node.value if isinstance(node, ast.Constant) else _name(node)
    return str(name).lower() in {"reason", "_reason", "_reasons"}


def _name(node: ast.expr | None) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _texts(node: ast.expr) -> Iterator[str]:
    """The literals that an expression can be, end with as a tuple, or begin with as an f-string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield from _texts(node.values[0])
    elif isinstance(node, ast.IfExp):
        yield from [*_texts(node.body), *_texts(node.orelse)]
    elif isinstance(node, ast.Tuple):
        yield from [text for last in node.elts[-1:] for text in _texts(last)]
    elif isinstance(node, ast.Call) and _name(node.func) == "get":  # what there is by default
        yield from [text for default in node.args[1:] for text in _texts(default)]


def test_every_reason_in_the_source_is_on_the_page() -> None:
    text = read("logs.md")
    wanted = [f"`{reason}" if reason.endswith(("-", ":")) else f"`{reason}`" for reason in sorted(reasons())]
    assert [reason for reason in wanted if reason not in text] == []


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_strategy_declares_every_reason_in_its_source_and_no_other(strategy: str) -> None:
    """Either may be the beginning of the other: `malformed-` is put together in code, `table-` in the declaration."""
    found, declared = reasons_in(source_files(strategy)) - ENDS_OF_PROBES, declared_reasons(strategy)
    assert {text for text in found if not any(_is_same(text, one) for one in declared)} == set()
    assert {one for one in declared if not any(_is_same(text, one) for text in found)} == set()


def _is_same(found: str, declared: str) -> bool:
    return found == declared or (found.endswith("-") and declared.startswith(found))


def test_the_search_for_reasons_finds_one_of_every_kind() -> None:
    """So that the test above cannot pass by finding nothing."""
    of_router = {"override", "pinned", "deadline", "unknown-origin", "error:", "start-failed:", "not-started"}
    of_control = {"canary-withdrawn", "interrupted", "missing-config", "malformed-", "rollout-", "too-many-items"}
    of_tables = {"table-", "home-", "throttled", "no-credentials", "status-", "timeout", "dns", "garbage", "tls"}
    of_strategies = {
        "session",
        "unknown-version",
        "no-cookie",
        "cookie",
        "bad-signature",
        "expired-token",
        "malformed-",
    }
    assert (
        of_router | of_control | of_tables | of_strategies | {"not-json", "missing-", "tenant", "all-down", "stale"}
        <= reasons()
    )


@pytest.mark.parametrize("page", sorted((DOCS / "strategies").glob("*.md")), ids=lambda page: page.stem)
def test_every_reason_on_a_strategy_page_is_on_the_log_page(page: Path) -> None:
    logged = re.search(r"^## What is logged\n(.*?)^## ", page.read_text(encoding="utf-8"), re.M | re.S)
    assert logged
    cells = re.findall(r"^\|((?: `[^`]+`,?)+) \|", logged[1], re.M)
    named = [reason for cell in cells for reason in re.findall(r"`([^`<]+)", cell) if reason.strip(" ,")]
    assert named
    assert [reason for reason in named if f"`{reason}" not in read("logs.md")] == []
