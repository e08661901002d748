"""Mistakes in the settings of a test file, at the key of the file that has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from acceptance.format.read import Location, TestFile, format_key
from acceptance.run.place import overrides
from cli.stacks.workspace import Workspace
from infra.config.errors import SettingsError
from infra.settings.stack import WITHOUT_DEMO
from simulator.standin.config.property_path import parse_path
from simulator.standin.model.errors import StackConfigError

_KEY = re.compile(r"""[\w-]+:((?:[\w.-]|\[\d+\]|\["(?:[^"\\]|\\.)*"\])+) (.*)""", re.DOTALL)
"""An error that begins with the full name of a setting."""
_FIRST = re.compile(r"[^.\[]*")


class _Settings(NamedTuple):
    """One `set` of a test file, and its place."""

    place: Location
    given: Mapping[str, Any]


def settings_errors(
    file: TestFile, index: int, workspace: Workspace, stack: str, options: Sequence[str]
) -> Iterator[str]:
    """Yield the mistakes in the settings that a test deploys: those of the file, of the test, and of each step that has
    some, under the `--set` of the command line. Each mistake once, where it appears first.

    SettingsError or StackConfigError where the stack itself is invalid.
    """
    workspace.open_stack(stack, (*WITHOUT_DEMO, *options))
    applied: list[_Settings] = []
    known = set[str]()
    for one in _all_settings(file, index):
        applied.append(one)
        changed = [override for each in applied for override in overrides(each.given)]
        try:
            workspace.open_stack(stack, (*WITHOUT_DEMO, *changed, *options))
        except SettingsError as error:
            yield from (_locate(file, applied, text) for text in error.errors if text not in known)
            known |= set(error.errors)
        except StackConfigError as error:
            yield f"{file.place(*one.place)}: {error}"
            return


def _all_settings(file: TestFile, index: int) -> Iterator[_Settings]:
    case = file.suite.tests[index]
    found = [_Settings(("set",), file.suite.set), _Settings(("tests", index, "set"), case.set)]
    for number, step in enumerate(case.steps):
        found.append(_Settings(("tests", index, "steps", number, "set"), step.set or {}))
    yield from (one for one in found if one.given)


def _locate(file: TestFile, applied: Sequence[_Settings], text: str) -> str:
    """Return an error with the line of its key in the last settings that have it, else at the last settings."""
    if found := _KEY.fullmatch(text):
        key, rest = found[1], found[2]
        name = str(parse_path(key)[0])
        for place, given in reversed(applied):
            if any(_first(one) == name for one in given):
                written = (*place, key)
                line = file.line(*(written if written in file.lines else (*place, *parse_path(key))))
                return f"{file.path}:{line}: {format_key(place)}.{key} {rest}"
    return f"{file.place(*applied[-1].place)}: {text}"


def _first(key: str) -> str:
    """Return the setting that a key of `set` belongs to; a key may be a path."""
    return _FIRST.match(key.removeprefix("edge-router:"))[0]  # type: ignore[index]  it matches nothing, too
