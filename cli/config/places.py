"""Where a finding is in the files of a project: the line of a config key in a stack's file, or of a resource's URN."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import yaml

from simulator.standin.config.project_file import full_key
from simulator.standin.config.property_path import parse_path

CONFIG = "config"


@dataclass(frozen=True)
class Place:
    """A line of a file. `uri` is relative to the root of the repository, or absolute for a file outside of it."""

    uri: str
    line: int
    is_relative: bool


@dataclass(frozen=True)
class Places:
    """The files that findings are located in: a stack's own, an exported state, or both."""

    root: Path
    project: str = ""
    stack_file: Path | None = None
    state: Path | None = None

    def of_setting(self, text: str, otherwise: str = "") -> Place | None:
        """The line of the first config key in a text, else that of the key `otherwise`, else of `config:`."""
        if self.stack_file is None:
            return None
        found = re.search(rf"\b{re.escape(self.project)}:(\w[\w.\[\]-]*)", text)
        key = found[1].rstrip(".-") if found else otherwise
        return self._at(self.stack_file, _line_of_key(self.stack_file, self.project, key))

    def of_resource(self, urn: str, name: str) -> Place | None:
        """The line of a resource in the exported state, by its URN or, without one, by the end of one."""
        if self.state is None:
            return None
        lines = _read(self.state).splitlines()
        wanted = json.dumps(urn) if urn else f'::{name}"'
        matching = (number for number, line in enumerate(lines, 1) if '"urn"' in line and wanted in line)
        return self._at(self.state, next(matching, 1))

    def _at(self, path: Path, line: int) -> Place:
        resolved, top = path.resolve(), _repository(self.root.resolve())
        if resolved.is_relative_to(top):
            return Place(quote(resolved.relative_to(top).as_posix()), line, is_relative=True)
        return Place(resolved.as_uri(), line, is_relative=False)


def _repository(folder: Path) -> Path:
    """The folder of the git repository that holds a project, or the project's own."""
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


def _line_of_key(path: Path, project: str, key: str) -> int:
    """The line of a key, or of the nearest one above it that the file has; 1 where there is none."""
    try:
        root: Any = cast("Any", yaml).compose(_read(path), Loader=yaml.SafeLoader)
        steps = parse_path(key)
    except (yaml.YAMLError, ValueError, RecursionError):
        return 1
    pairs = _pairs(root)
    config = next((one for one in pairs if str(one[0].value) == CONFIG), None)
    if config is None:
        return 1
    line, node = int(config[0].start_mark.line) + 1, config[1]
    for depth, step in enumerate(steps):
        wanted = f"{project}:{step}" if depth == 0 else str(step)
        inner = _child(node, wanted, step, project if depth == 0 else "")
        if inner is None:
            break
        line, node = inner
    return line


def _child(node: Any, wanted: str, step: str | int, project: str) -> tuple[int, Any] | None:
    """The line and the value of a step: a key of an object, or an item of a list."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        items: Sequence[Any] = node.value
        return (int(items[step].start_mark.line) + 1, items[step]) if 0 <= step < len(items) else None
    named = ((str(key.value), key, value) for key, value in _pairs(node))
    found = ((key, value) for name, key, value in named if (full_key(name, project) if project else name) == wanted)
    return next(((int(key.start_mark.line) + 1, value) for key, value in found), None)


def _pairs(node: Any) -> Sequence[tuple[Any, Any]]:
    return node.value if isinstance(node, yaml.MappingNode) else ()


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig", errors="replace")
