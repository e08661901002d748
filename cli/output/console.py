"""Where commands write: what was asked for to standard output, everything else to standard error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO, cast

from rich.console import Console
from rich.markup import escape

from cli.output.outcome import print_json as print_json
from cli.output.streams import errors, output, write_lines
from cli.output.tables import table_of

# Lines are never broken here: a terminal does that by itself, and a program that reads them wants them whole.
out = Console(file=cast("IO[str]", output), highlight=False, soft_wrap=True)
err = Console(file=cast("IO[str]", errors), highlight=False, soft_wrap=True)


def plain(text: str) -> str:
    """Text with nothing in it that could steer a terminal: names of files and of resources are anybody's."""
    return "".join(one if one.isprintable() or one in "\n\t" else ascii(one)[1:-1] for one in text)


def warn(text: str) -> None:
    """Something that works but is rarely meant."""
    err.print(f"[yellow]warning:[/] {escape(plain(text))}")


def complain(text: str, label: str = "error") -> None:
    """Something that does not work."""
    err.print(f"[bold red]{label}:[/] {escape(plain(text))}")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table on a terminal; elsewhere one line per row, its cells whole and with a tab between them."""
    if not out.is_terminal:
        write_lines("\t".join(row) for row in (columns, *rows))
        return
    out.print(table_of(columns, list(rows), out.width), soft_wrap=False)
