"""Reads a test file; every mistake has the file, the line and the key."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from acceptance.format.redaction import redact
from acceptance.format.suite import Suite
from infra.config.errors import describe, full_key
from simulator.standin.config.text_file import TextFileError, read_text
from simulator.standin.config.yaml_file import YamlError, find_line, parse_yaml, yaml_lines

NUMBER = "number"
"""The variable with the number of the visitor or of the repetition."""
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")

Location = tuple[int | str, ...]


class TestFileError(Exception):
    """A file that is not a test file; `errors` has one line for each mistake."""

    __test__ = False  # no test, whatever its name

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = list(errors)


@dataclass(frozen=True)
class TestFile:
    """A test file that was read; `variables` are those of the environment that it names, with their values."""

    __test__ = False

    path: str
    suite: Suite
    lines: Mapping[Location, int]
    variables: Mapping[str, str]

    @property
    def name(self) -> str:
        return self.redact(self.suite.name) or self.path

    def redact(self, text: str) -> str:
        """Return a text with the names of variables in place of their values."""
        return redact(text, self.variables)

    def place(self, *location: int | str) -> str:
        """Return `FILE:LINE: tests[0].steps[1]`, for a message."""
        return f"{self.path}:{self.line(*location)}: {format_key(location)}"

    def line(self, *location: int | str) -> int:
        """Return the line of a key, or of what it would be in."""
        return find_line(self.lines, location)


def read_test_file(path: Path, environment: Mapping[str, str] | None = None) -> TestFile:
    """Read and check a test file; its variables are of the process's environment. TestFileError with every mistake."""
    environment = os.environ if environment is None else environment
    name = str(path)
    try:
        text = read_text(path)
        document = parse_yaml(text)
        lines = yaml_lines(text)
    except TextFileError as error:
        raise TestFileError([f"{name}: {error}"]) from error
    except YamlError as error:
        raise TestFileError([error.at(name)]) from error
    if not isinstance(document, dict):
        raise TestFileError([f"{name}: must be an object with the key tests"])
    try:
        named = list(_variables(cast("object", document), ()))
    except RecursionError as error:
        raise TestFileError([f"{name}: is nested too deeply, or in itself"]) from error
    missing = [
        f"{name}:{find_line(lines, location)}: {format_key(location)} has ${{{one}}},"
        " which is not set in the environment"
        for location, one in named
        if one not in environment
    ]
    if missing:
        raise TestFileError(missing)
    variables = {one: environment[one] for _, one in named}
    try:
        suite = Suite.model_validate(expand(document, variables))
    except ValidationError as error:
        messages = (redact(text, variables) for text in _messages(name, lines, error))
        raise TestFileError(list(dict.fromkeys(messages))) from None
    return TestFile(name, suite, lines, variables)


def expand(value: Any, variables: Mapping[str, str]) -> Any:
    """Replace `${NAME}` in all texts of a document, and keys that are not text by it; what is not a variable stays."""
    if isinstance(value, str):
        return VARIABLE.sub(lambda found: variables.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {_name_key(key): expand(item, variables) for key, item in cast("dict[Any, Any]", value).items()}
    return [expand(item, variables) for item in cast("list[Any]", value)] if isinstance(value, list) else value


def _name_key(key: object) -> str:
    """Return a key as text; YAML lets it be a number, a boolean or nothing."""
    return key if isinstance(key, str) else json.dumps(key, default=str)


def format_key(location: Location) -> str:
    """Return `tests[0].steps[1].request`."""
    return full_key("", location).removeprefix(":")


def _messages(name: str, lines: Mapping[Location, int], error: ValidationError) -> Iterator[str]:
    for entry in error.errors(include_url=False):
        location = tuple(part for part in entry["loc"] if part != "[key]")
        key = format_key(location)
        yield f"{name}:{find_line(lines, location)}: {key} {describe(entry)}" if key else f"{name}: {describe(entry)}"


def _variables(value: object, location: Location) -> Iterator[tuple[Location, str]]:
    """Yield the variables of the environment in the texts of a document, with their places."""
    if isinstance(value, str):
        for found in VARIABLE.finditer(value):
            if found[1] != NUMBER:
                yield location, found[1]
    elif isinstance(value, dict):
        for key, item in cast("dict[Any, object]", value).items():
            yield from _variables(item, (*location, key))
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[object]", value)):
            yield from _variables(item, (*location, index))
