"""Results on standard output, everything else on standard error; tables fit a terminal of any width."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, cast

from cli.output.outcome import print_json as print_json
from cli.output.streams import Stream, errors, output, write_lines

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

FOLDED_AT = 16
"""Characters of a word that no column folds; longer ones (ARNs, URLs) fold where there is no room."""
BORDER, PER_COLUMN = 1, 3
NARROW = 20
STYLED_ANYWAY = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
"""Variables by which rich takes a file or a pipe for a terminal."""


class Printer:
    """Prints on a stream: with rich on a terminal, elsewhere as it is, without an import of rich."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    @property
    def is_plain(self) -> bool:
        """True where nothing reads styles."""
        return not self._stream.isatty() and not any(os.environ.get(name) for name in STYLED_ANYWAY)

    @cached_property
    def console(self) -> Console:
        """The console of rich. No line breaks: a terminal wraps by itself, and a program reads whole lines."""
        from rich.console import Console

        return Console(file=cast("IO[str]", self._stream), emoji=False, highlight=False, soft_wrap=True)

    @property
    def is_interactive(self) -> bool:
        """True for a terminal that shows spinners and bars."""
        return not self.is_plain and self.console.is_interactive

    def print(self, text: RenderableType = "", *, markup: bool = True, **options: Any) -> None:
        """Print a text, by default with rich's markup, or another renderable of rich."""
        if markup or options or not isinstance(text, str) or not self.is_plain:
            self.console.print(text, markup=markup, **options)
        else:
            self._stream.write(f"{text}\n")
            self._stream.flush()

    def print_after(self, style: str, first: str, text: str) -> None:
        """Print a text after its first words, which have a style of rich."""
        if self.is_plain:
            self.print(f"{first} {text}", markup=False)
            return
        from rich.markup import escape

        self.print(f"[{style}]{escape(first)}[/] {escape(text)}")


out, err = Printer(output), Printer(errors)


def escape_control(text: str) -> str:
    """Escape control characters: names of files and resources are untrusted."""
    return "".join(one if one.isprintable() or one in "\n\t" else ascii(one)[1:-1] for one in text)


def warn(text: str) -> None:
    """Print a warning."""
    err.print_after("yellow", "warning:", escape_control(text))


def print_error(text: str, label: str = "error") -> None:
    """Print an error."""
    err.print_after("bold red", f"{label}:", escape_control(text))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on a terminal; elsewhere one line per row, with tabs between the cells."""
    if out.is_plain or not out.console.is_terminal:
        write_lines("\t".join(row) for row in (columns, *rows))
        return
    out.print(build_table(columns, list(rows), out.console.width), soft_wrap=False)


def build_table(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> RenderableType:
    """Return a table if the columns fit, else one block per row, which begins with its key: the first cell."""
    from rich.cells import cell_len
    from rich.console import Group

    widths = [_min_width([row[index] for row in (columns, *rows)]) for index in range(len(columns))]
    widths[0] = max(cell_len(row[0]) for row in (columns, *rows))
    if sum(widths) + BORDER + PER_COLUMN * len(columns) > width:
        return Group(*(_block(columns, row, 2 if width > NARROW else 0) for row in rows))
    from rich.markup import escape
    from rich.table import Table  # a file or a pipe gets none

    table = Table()
    for index, (column, least) in enumerate(zip(columns, widths, strict=True)):
        table.add_column(column, overflow="fold", min_width=least, no_wrap=index == 0)
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def _min_width(cells: Sequence[str]) -> int:
    """The width of the longest word, with long words folded."""
    from rich.cells import cell_len

    words = max((cell_len(word) for cell in cells for word in cell.split()), default=1)
    return max(min(words, FOLDED_AT), 1)


def _block(columns: Sequence[str], row: Sequence[str], indent: int) -> RenderableType:
    """The key, and below it every cell with the name of its column."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    key = Text(row[0] or "-", style="bold", overflow="fold")
    cells = [
        Text(f"{name}: {cell}" if name else cell, overflow="fold")
        for name, cell in zip(columns[1:], row[1:], strict=True)
    ]
    return Group(key, *(Padding(cell, (0, 0, 0, indent)) for cell in cells))
