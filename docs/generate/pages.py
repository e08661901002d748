"""Pages with generated blocks: `<!-- generated: NAME -->` to `<!-- /generated -->`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

DOCS = Path(__file__).parents[1]

_BLOCK = re.compile(r"^(<!-- generated: (?P<name>[^>]+?) -->\n).*?^(<!-- /generated -->)$", re.DOTALL | re.MULTILINE)


def pages() -> list[Path]:
    """All pages, in order."""
    return sorted(DOCS.rglob("*.md"))


def fill(text: str, generate: Callable[[str], str]) -> str:
    """Replace the content of every block by what `generate` returns for its name."""
    return _BLOCK.sub(lambda found: f"{found[1]}{generate(found['name'])}\n{found[3]}", text)


def table(columns: list[str], rows: list[list[str]]) -> str:
    """Render a Markdown table. Cells may hold Markdown; pipes and line breaks are escaped."""
    head = f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}"
    return "\n".join([head, *(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows)])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|") or "–"


def code(text: str) -> str:
    """Render a value as code, whatever backticks it holds."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"
