"""Tables on terminals of any width: nothing is cut off, and every row's key stands there whole."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from cli.output.console import build_table

COLUMNS = ("USD a month", "CloudFront", "edge code", "tables", "logs and metrics", "total")
ROWS = [
    ("sticky-session, versioned", "4,865.90", "512.50", "387.50", "419.22", "6,185.12"),
    ("tenant-lookup", "4,865.90", "631.26", "63.14", "253.79", "1,000,000,005.09"),
]
BORDERS = "│┃┏┓┗┛┡┩├┤└┘┳╇┴─━"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:edge-router-prod-router:12"


def show(columns: tuple[str, ...], rows: list[tuple[str, ...]], width: int) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(build_table(columns, rows, console.width))
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [30, 40, 60, 80, 100, 200])
def test_keys_and_figures_are_whole_at_any_width(width: int) -> None:
    text = show(COLUMNS, ROWS, width)
    assert all(cell in text for row in ROWS for cell in row)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width


def test_a_wide_terminal_has_a_table_and_a_narrow_one_a_block_a_row() -> None:
    assert "│ tenant-lookup " in show(COLUMNS, ROWS, 120)
    assert [line.rstrip() for line in show(COLUMNS, ROWS[1:], 60).splitlines()] == [
        "tenant-lookup",
        "  CloudFront: 4,865.90",
        "  edge code: 631.26",
        "  tables: 63.14",
        "  logs and metrics: 253.79",
        "  total: 1,000,000,005.09",
    ]


@pytest.mark.parametrize("width", [60, 20, 1])
def test_a_long_word_is_folded_and_not_cut(width: int) -> None:
    text = show(("output", "value"), [("functionArn", ARN)], width)
    letters = "".join(character for character in text if not character.isspace() and character not in BORDERS)
    assert ARN in letters
    assert "functionArn" in letters


def test_brackets_are_no_markup() -> None:
    for width in (80, 10):
        assert "[bold]" in show(("a", "b"), [("[bold]", "[/x]")], width)
