"""`python -m docs.generate`: writes the generated blocks of all pages; `--check` lists stale pages instead."""

from __future__ import annotations

import sys
from pathlib import Path

from .commands import commands
from .outputs import outputs_table
from .pages import DOCS, fill, pages
from .tables import all_reasons, reasons_table, rules_table, settings_table
from .test_file import reference, stale_schema


def generate(name: str) -> str:
    """Render a block by its name: `commands`, `settings SECTION`, `outputs`, `rules`, `reasons`, `test-file` …"""
    kind, _, argument = name.partition(" ")
    if kind == "outputs":
        return outputs_table()
    if kind == "test-file":
        return reference()
    if kind == "reasons":
        return reasons_table(argument) if argument else all_reasons()
    if kind == "rules":
        return rules_table()
    return commands() if kind == "commands" else settings_table(argument)


def stale_pages() -> dict[Path, str]:
    """Pages whose generated blocks differ from the code, and the schema of test files, with what they should have."""
    texts = {page: page.read_text(encoding="utf-8") for page in pages()}
    filled = {page: fill(text, generate) for page, text in texts.items()}
    return {page: text for page, text in filled.items() if text != texts[page]} | stale_schema()


def main() -> None:
    """Write or check the pages; what is written is printed."""
    stale = stale_pages()
    if "--check" in sys.argv[1:]:
        sys.exit("\n".join(f"docs/{page.relative_to(DOCS)} is stale: run make docs-pages" for page in stale) or 0)
    for page, text in stale.items():
        page.write_text(text, encoding="utf-8")
        print(f"wrote docs/{page.relative_to(DOCS)}")


if __name__ == "__main__":
    main()
