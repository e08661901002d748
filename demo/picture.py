"""`make picture`: chapters of the tour's output, as a terminal shows them, as an SVG for the README."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

COLUMNS = 118
TITLE = "make demo ONCE=1"
_FONT_FACE = re.compile(r"@font-face \{\{.*?\}\}\s*", re.DOTALL)


def choose_chapters(output: str, beginnings: Sequence[str]) -> list[Text]:
    """Return the lines of the paragraphs that begin with one of these, and an empty line before each but the first."""
    lines: list[Text] = []
    for paragraph in output.split("\n\n"):
        shown = [Text.from_ansi(line) for line in paragraph.strip("\n").split("\n")]
        if shown[0].plain.startswith(tuple(beginnings)):
            lines += [*([Text()] if lines else []), *shown]
    return lines


def draw(lines: Sequence[Text]) -> str:
    """Return the SVG; long lines end in an ellipsis, and no font is loaded from elsewhere."""
    console = Console(file=io.StringIO(), record=True, width=COLUMNS, force_terminal=True)
    for line in lines:
        console.print(line, no_wrap=True, overflow="ellipsis")
    return console.export_svg(title=TITLE, code_format=_FONT_FACE.sub("", CONSOLE_SVG_FORMAT), unique_id="tour")


def main() -> None:
    """Read the output from standard input; arguments are the file to write and the beginnings of chapters."""
    path, *beginnings = sys.argv[1:]
    Path(path).write_text(draw(choose_chapters(sys.stdin.read(), beginnings)), encoding="utf-8")


if __name__ == "__main__":
    main()
