"""All commands there are, each with the arguments it cannot do without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import typer.main

from cli.main import app

VALUES = {
    "build": "b41",
    "event": "-",
    "origin": "stable",
    "name": "tier",  # taken, so that nothing is written
    "url": "http://127.0.0.1:9/",
    "requests": "1000",
    "percent": "25",
    "log": "README.md",  # none of requests
    "path": "package.zip",
    "stack": "local",
    "files": "demo/test_files/tier.yaml",
}
"""For parameters that have to be given. A new one is missing here, and the tests say so."""


class Command(NamedTuple):
    """The words that call a command, its required arguments aside; and its parameters by name."""

    words: tuple[str, ...]
    parameters: dict[str, Any]

    @property
    def name(self) -> str:
        return " ".join(self.words)

    def takes(self, option: str) -> bool:
        return any(option in parameter.opts for parameter in self.parameters.values())

    @property
    def file_options(self) -> list[str]:
        """Those whose value is the path of a file."""
        options = (one for one in self.parameters.values() if hasattr(one, "type_descriptor"))
        return [option.opts[0] for option in options if option.type_descriptor.annotation is Path]

    def call(self, *more: str, **given: str) -> list[str]:
        """The words with all that is required, and `more`."""
        called = list(self.words)
        for name, parameter in self.parameters.items():
            if parameter.required or name in given:
                value = given.get(name, VALUES.get(name))
                assert value is not None, f"{self.name} requires {name}: say in VALUES how to call it"
                called += [value] if parameter.param_type_name == "argument" else [parameter.opts[0], value]
        return [*called, *more]


def _commands(group: Any, words: tuple[str, ...]) -> Iterator[Command]:
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from _commands(command, (*words, name))
        else:
            yield Command((*words, name), {parameter.name: parameter for parameter in command.params})


COMMANDS = tuple(_commands(typer.main.get_command(app), ()))
