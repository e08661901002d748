"""Tables for a terminal of any width: nothing is cut off, and the first column is the key of its row."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

FOLDED_AT = 16
"""Characters of a word that no column of a table may fold; longer ones (ARNs, URLs) fold where there is no room."""
BORDER, PER_COLUMN = 1, 3
NARROW = 20


def table_of(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> RenderableType:
    """A table where the columns fit; else one block for every row, which begins with its key."""
    widths = [_needed([row[index] for row in (columns, *rows)]) for index in range(len(columns))]
    widths[0] = max(cell_len(row[0]) for row in (columns, *rows))
    if sum(widths) + BORDER + PER_COLUMN * len(columns) > width:
        return Group(*(_block(columns, row, 2 if width > NARROW else 0) for row in rows))
    table = Table()
    for index, (column, least) in enumerate(zip(columns, widths, strict=True)):
        table.add_column(column, overflow="fold", min_width=least, no_wrap=index == 0)
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def _needed(cells: Sequence[str]) -> int:
    """What a column needs for all of its words, but no more for a very long one than its header takes."""
    words = max((cell_len(word) for cell in cells for word in cell.split()), default=1)
    return max(min(words, FOLDED_AT), 1)


def _block(columns: Sequence[str], row: Sequence[str], indent: int) -> RenderableType:
    """The key on a line of its own, and below it every cell with the name of its column."""
    key = Text(row[0] or "-", style="bold", overflow="fold")
    cells = [
        Text(f"{name}: {cell}" if name else cell, overflow="fold")
        for name, cell in zip(columns[1:], row[1:], strict=True)
    ]
    return Group(key, *(Padding(cell, (0, 0, 0, indent)) for cell in cells))
