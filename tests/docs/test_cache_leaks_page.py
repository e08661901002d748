"""The page on cache leaks has every finding that there is."""

from __future__ import annotations

import ast
import re

from cache_check.catalogue import GENERAL_RULES, STACK_RULES
from cache_check.model.decision_inputs import Kind

from .pages import ROOT, read


def names() -> set[str]:
    """The second argument of every call of `finding_at`; one with {kind} stands for each kind."""
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in (ROOT / "cache_check").rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [ast.unparse(call.args[1]) for call in calls if ast.unparse(call.func) == "finding_at"]
    given = [text.removeprefix("f").strip("'") for text in named]
    return {name.replace("{kind}", kind) for name in given for kind in Kind.__args__}


def test_the_page_has_every_finding() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \|", read("cache-leaks.md"), re.M)
    assert len(rows) == len(set(rows))
    assert set(rows) == names()


def test_what_is_counted_as_judged_by_are_the_rules_that_there_are() -> None:
    assert len({*GENERAL_RULES, *STACK_RULES}) == len(GENERAL_RULES) + len(STACK_RULES)
    assert {*GENERAL_RULES, *STACK_RULES} == names()
