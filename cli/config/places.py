"""The places of findings in the files of a project: lines of config keys in a stack's file, or of resources' URNs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import yaml

from simulator.standin.config.project_file import full_key
from simulator.standin.config.property_path import parse_path
from simulator.standin.config.yaml_file import find_line, yaml_lines

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
        """Return the line of the first config key in a text, else that of the key `otherwise`, else of `config:`."""
        if self.stack_file is None:
            return None
        found = re.search(rf"\b{re.escape(self.project)}:(\w[\w.\[\]-]*)", text)
        key = found[1].rstrip(".-") if found else otherwise
        return self._at(self.stack_file, self._line_of_key(key))

    def of_resource(self, urn: str, name: str) -> Place | None:
        """Return the line of a resource in the exported state, by its URN or, without one, by the end of one."""
        if self.state is None:
            return None
        wanted = json.dumps(urn) if urn else f'::{name}"'
        matching = (number for number, line in self._urn_lines if wanted in line)
        return self._at(self.state, next(matching, 1))

    def _at(self, path: Path, line: int) -> Place:
        resolved, top = path.resolve(), self._repository
        if resolved.is_relative_to(top):
            return Place(quote(resolved.relative_to(top).as_posix()), line, is_relative=True)
        return Place(resolved.as_uri(), line, is_relative=False)

    def _line_of_key(self, key: str) -> int:
        """Return the line of a key, or of the nearest one above it that the file has; 1 where there is none."""
        try:
            first, *others = parse_path(key) or ("",)
        except (ValueError, RecursionError):
            return 1
        return find_line(self._config_lines, (CONFIG, f"{self.project}:{first}", *others))

    @cached_property
    def _config_lines(self) -> Mapping[tuple[int | str, ...], int]:
        """The lines of `config:` and all below it in the stack's file, with the full names of its keys."""
        lines: dict[tuple[int | str, ...], int] = {}
        try:
            read = yaml_lines(_read(self.stack_file)) if self.stack_file is not None else {}
        except (yaml.YAMLError, ValueError, RecursionError):
            return lines
        for (top, *below), line in read.items():
            if top == CONFIG:
                name = [full_key(str(below[0]), self.project)] if below else []
                lines.setdefault((CONFIG, *name, *below[1:]), line)
        return lines

    @cached_property
    def _urn_lines(self) -> Sequence[tuple[int, str]]:
        """The lines of the exported state that hold a URN, with their numbers."""
        lines = _read(self.state).splitlines() if self.state is not None else []
        return [(number, line) for number, line in enumerate(lines, 1) if '"urn"' in line]

    @cached_property
    def _repository(self) -> Path:
        """The folder of the git repository that holds the project, or the project's own."""
        folder = self.root.resolve()
        return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig", errors="replace")
