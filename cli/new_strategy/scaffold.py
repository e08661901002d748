"""The files of a new strategy, from the templates in templates/."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

from cli.new_strategy.names import StrategyNames
from cli.output.errors import UsageError

TEMPLATES = Path(__file__).with_name("templates")
REGISTRY = Path("strategies/registry.py")
INDEX = Path("docs/README.md")

_STRATEGIES = re.compile(r'^STRATEGIES = \{\n(?:    "[^\n]+,\n)*', re.MULTILINE)
_ROWS = re.compile(r"^\| strategy \|[^\n]*\n(?:\|[^\n]*\n)*", re.MULTILINE)


@dataclass(frozen=True)
class _Line:
    """A line that goes to the end of a block of a file."""

    path: Path
    block: re.Pattern[str]
    line: str

    def insert(self, project: Path) -> str:
        """The text of the file with the line; UsageError where the block is not found."""
        path = project / self.path
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        found = self.block.search(text)
        if found is None:
            raise UsageError(f"{self.path} does not have the list of strategies: run this in a clone of the project")
        return f"{text[: found.end()]}{self.line}\n{text[found.end() :]}"


def write_strategy(project: Path, names: StrategyNames) -> list[Path]:
    """Write a strategy into a clone; the paths written. UsageError, and nothing written, where a file exists."""
    files = {
        Path(f"strategies/{names.module}.py"): "strategy.py",
        Path(f"tests/strategies/test_{names.module}.py"): "test.py",
        Path(f"docs/strategies/{names.name}.md"): "page.md",
    }
    for path in (*files, Path(f"strategies/{names.module}")):
        if (project / path).exists():
            raise UsageError(f"{path} exists already, and nothing is overwritten: take another name, or remove it")
    texts = {path: _fill(template, names) for path, template in files.items()}
    lines = [
        _Line(REGISTRY, _STRATEGIES, f'    "{names.name}": "strategies.{names.module}:{names.class_name}",'),
        _Line(INDEX, _ROWS, f"| [{names.name}](strategies/{names.name}.md) | the header that names the visitor |"),
    ]
    texts |= {line.path: line.insert(project) for line in lines}
    for path, text in texts.items():
        (project / path).write_text(text, encoding="utf-8")
    return list(texts)


def _fill(template: str, names: StrategyNames) -> str:
    text = (TEMPLATES / f"{template}.template").read_text(encoding="utf-8")
    return Template(text).substitute(
        name=names.name, module=names.module, section=names.section, class_name=names.class_name, title=names.title
    )
