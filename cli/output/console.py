"""Results on standard output, everything else on standard error; tables fit a terminal of any width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO, cast

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.text import Text

from cli.output.outcome import print_json as print_json
from cli.output.streams import errors, output, write_lines

FOLDED_AT = 16
"""Characters of a word that no column folds; longer ones (ARNs, URLs) fold where there is no room."""
BORDER, PER_COLUMN = 1, 3
NARROW = 20

# No line breaks: a terminal wraps by itself, and a program reads whole lines.
out = Console(file=cast("IO[str]", output), emoji=False, highlight=False, soft_wrap=True)
err = Console(file=cast("IO[str]", errors), emoji=False, highlight=False, soft_wrap=True)


def escape_control(text: str) -> str:
    """Escape control characters: names of files and resources are untrusted."""
    return "".join(one if one.isprintable() or one in "\n\t" else ascii(one)[1:-1] for one in text)


def warn(text: str) -> None:
    """Print a warning."""
    err.print(f"[yellow]warning:[/] {escape(escape_control(text))}")


def print_error(text: str, label: str = "error") -> None:
    """Print an error."""
    err.print(f"[bold red]{label}:[/] {escape(escape_control(text))}")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on a terminal; elsewhere one line per row, with tabs between the cells."""
    if not out.is_terminal:
        write_lines("\t".join(row) for row in (columns, *rows))
        return
    out.print(build_table(columns, list(rows), out.width), soft_wrap=False)


def build_table(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> RenderableType:
    """Return a table if the columns fit, else one block per row, which begins with its key: the first cell."""
    widths = [_min_width([row[index] for row in (columns, *rows)]) for index in range(len(columns))]
    widths[0] = max(cell_len(row[0]) for row in (columns, *rows))
    if sum(widths) + BORDER + PER_COLUMN * len(columns) > width:
        return Group(*(_block(columns, row, 2 if width > NARROW else 0) for row in rows))
    from rich.table import Table  # a file or a pipe gets none

    table = Table()
    for index, (column, least) in enumerate(zip(columns, widths, strict=True)):
        table.add_column(column, overflow="fold", min_width=least, no_wrap=index == 0)
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def _min_width(cells: Sequence[str]) -> int:
    """The width of the longest word, with long words folded."""
    words = max((cell_len(word) for cell in cells for word in cell.split()), default=1)
    return max(min(words, FOLDED_AT), 1)


def _block(columns: Sequence[str], row: Sequence[str], indent: int) -> RenderableType:
    """The key, and below it every cell with the name of its column."""
    from rich.padding import Padding

    key = Text(row[0] or "-", style="bold", overflow="fold")
    cells = [
        Text(f"{name}: {cell}" if name else cell, overflow="fold")
        for name, cell in zip(columns[1:], row[1:], strict=True)
    ]
    return Group(key, *(Padding(cell, (0, 0, 0, indent)) for cell in cells))
