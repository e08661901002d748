"""Where commands write: what was asked for to standard output, everything else to standard error."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

# Lines are never broken here: a terminal does that by itself, and a program that reads them wants them whole.
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def warn(text: str) -> None:
    """Something that works but is rarely meant."""
    err.print(f"[yellow]warning:[/] {escape(text)}")


def complain(text: str, label: str = "error") -> None:
    """Something that does not work."""
    err.print(f"[bold red]{label}:[/] {escape(text)}")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table on a terminal; elsewhere one line per row, its cells whole and with a tab between them."""
    if not out.is_terminal:
        out.file.write("".join("\t".join(row) + "\n" for row in (columns, *rows)))  # rich would expand the tabs
        out.file.flush()
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*map(escape, row))
    out.print(table, soft_wrap=False)


def print_json(document: object) -> None:
    """One JSON document on standard output, for a program to read."""
    out.file.write(json.dumps(document, indent=2) + "\n")
