"""Generated blocks agree with the models and the CLI, and no key or command is missing."""

from __future__ import annotations

import re
import sys
from collections import Counter
from typing import Any

import pytest
from pydantic import BaseModel

from docs.generate import __main__ as generating
from docs.generate.__main__ import main
from docs.generate.allowed import allowed_values, is_required
from docs.generate.commands import commands
from docs.generate.docstrings import attributes
from docs.generate.keys import Key, tables
from docs.generate.pages import DOCS, fill, pages, table
from infra.settings.model import Settings
from pipeline.settings import PipelineSettings, TargetSettings
from strategies.registry import STRATEGIES, load
from tests.cli.every_command import COMMANDS

KEYS = {key.path: key for keys in tables().values() for key in keys}


def test_generated_blocks_are_up_to_date_and_the_check_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make docs-pages` writes them again."""
    monkeypatch.setattr(sys, "argv", ["docs.generate", "--check"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0


def test_the_check_names_stale_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["docs.generate", "--check"])
    monkeypatch.setattr(generating, "stale_pages", lambda: {DOCS / "settings.md": ""})
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == "docs/settings.md is stale: run make docs-pages"


def test_every_table_and_the_commands_are_on_exactly_one_page() -> None:
    blocks = Counter[str]()
    for page in pages():
        fill(page.read_text(encoding="utf-8"), lambda name: blocks.update([name]) or "")
    of_strategies = (f"reasons {strategy}" for strategy in STRATEGIES)
    assert blocks == Counter(
        [
            *("commands", "outputs", "reasons", "rules", "test-file"),
            *(f"settings {name}" for name in tables()),
            *of_strategies,
        ]
    )


def test_every_key_below_a_key_is_in_a_table() -> None:
    """Of the whole tree that pydantic validates, nested objects included."""
    nested = {"control.fallback.pin", "origins.<name>.hostHeader", "tier.tiers.<name>.port", "prod.policies"}
    assert nested <= KEYS.keys()
    assert {path.partition(".")[0] for path in KEYS} >= {str(field.alias) for field in Settings.model_fields.values()}


@pytest.mark.parametrize(
    "documented",
    [PipelineSettings, TargetSettings, Settings.__mro__[1], *(load(strategy).Options for strategy in STRATEGIES)],
    ids=lambda documented: documented.__module__,
)
def test_a_docstring_describes_the_fields_that_there_are(documented: Any) -> None:
    fields = documented.model_fields if issubclass(documented, BaseModel) else documented.__dataclass_fields__
    assert list(attributes(documented)) == list(fields)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("control.mode", "baked, live"),
        ("function.timeoutSeconds", "1 to 30 seconds (the limit of origin triggers)"),
        ("control.homeRegion", "an AWS Region"),
        ("stickySession.caching", "none, versioned"),
        ("tier.tiers.<name>.protocol", "http, https"),
        ("tables.protect", ""),
    ],
)
def test_allowed_values_are_what_the_validator_says(path: str, text: str) -> None:
    assert allowed_values(KEYS[path], Settings) == text


def test_a_key_is_required_where_its_section_is_rejected_without_it() -> None:
    paths = ["jwtIat.releasedAt", "jwtIat.issuer", "tenantLookup.allowedDomains", "jwtIat.secret"]
    assert [is_required(KEYS[path], Settings) for path in paths] == [True, False, True, False]


def test_types_are_put_into_words() -> None:
    types = {"x": tuple[int, ...], "y": dict[str, bool], "z": str | None}
    assert [Key((name,), hint, "none", "").type for name, hint in types.items()] == [
        "list of whole numbers",
        "map to true or false",
        "text",
    ]


def test_every_command_has_its_options() -> None:
    text = commands()
    assert re.findall("^### `edge-router (.*)`$", text, re.M) == [command.name for command in COMMANDS]
    assert "| `--to` | `VERSION (from 1)` | the previous version | Function version to roll back to. |" in text
    assert "### `edge-router rollout promote`" in text


def test_a_block_is_replaced_and_the_text_around_it_stays() -> None:
    text = "before\n<!-- generated: x y -->\nold\n<!-- /generated -->\nafter\n"
    assert fill(text, str.upper) == "before\n<!-- generated: x y -->\nX Y\n<!-- /generated -->\nafter\n"
    assert table(["a"], [["x | y\nz"], [""]]) == "| a |\n|---|\n| x \\| y z |\n| – |"
