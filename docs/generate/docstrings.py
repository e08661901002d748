"""Parts of a docstring: the first paragraph, `Attributes:` and `Example:` of options, `Reasons:` of a strategy."""

from __future__ import annotations

import inspect
import re
from typing import Any

import yaml

_ENTRY = re.compile(r"^(\S[^:]*): (.*(?:\n {4}.*)*)", re.MULTILINE)


def attributes(documented: type) -> dict[str, str]:
    """The meanings below `Attributes:`, by the name of the attribute."""
    return _entries(_part(documented, "Attributes"))


def reasons(documented: type) -> dict[str, str]:
    """The meanings below `Reasons:`, by the reasons that share one: "no-body, not-json". `<…>` stands for any text."""
    return _entries(_part(documented, "Reasons"))


def example(documented: type) -> dict[str, Any]:
    """The YAML below `Example:`, a section of the config that works; {} where options have none."""
    return yaml.safe_load(_part(documented, "Example")) or {}


def summary(documented: type) -> str:
    """The first paragraph, as one line."""
    return " ".join(inspect.cleandoc(documented.__doc__ or "").partition("\n\n")[0].split())


def _entries(text: str) -> dict[str, str]:
    return {found[1]: " ".join(found[2].split()) for found in _ENTRY.finditer(text)}


def _part(documented: type, heading: str) -> str:
    """The lines indented below a heading, in the class's docstring or the nearest parent's."""
    pattern = re.compile(rf"^{heading}:\n((?:(?: {{4}}.*)?\n)*)", re.MULTILINE)
    texts = (inspect.cleandoc(parent.__doc__ or "") + "\n" for parent in documented.__mro__)
    found = next(filter(None, map(pattern.search, texts)), None)
    return inspect.cleandoc(found[1]) if found else ""
