"""Renders the reference of the commands from the CLI's own definitions."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from cli.main import app

from .pages import code, table

NAME = "edge-router"
TYPES = {int: "INTEGER", float: "NUMBER", Path: "PATH"}


def commands() -> str:
    """Render every command: usage, help and a table of its parameters."""
    return "\n\n".join(_describe(name, command) for name, command in sorted(_leaves(NAME, typer.main.get_command(app))))


def _leaves(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    children: dict[str, Any] = getattr(command, "commands", {})
    if not children:
        yield name, command
    for child, inner in children.items():
        yield from _leaves(f"{name} {child}", inner)


def _describe(name: str, command: Any) -> str:
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    options = [parameter for parameter in command.params if parameter.param_type_name == "option"]
    usage = " ".join([name, *(["[OPTIONS]"] if options else []), *(_metavar(argument) for argument in arguments)])
    rows = [_row(parameter) for parameter in (*arguments, *options) if not getattr(parameter, "hidden", False)]
    parts = [f"### `{name}`", inspect.cleandoc(command.help or "").replace("\f", ""), f"```text\n{usage}\n```"]
    return "\n\n".join([*parts, table(["parameter", "value", "default", "meaning"], rows)] if rows else parts)


def _row(parameter: Any) -> list[str]:
    is_option = parameter.param_type_name == "option"
    names = [*parameter.opts, *parameter.secondary_opts] if is_option else [_metavar(parameter)]
    names.sort(key=lambda name: not name.startswith("--"))
    value = "" if getattr(parameter, "is_flag", False) or not is_option else code(_value(parameter))
    return [", ".join(code(name) for name in names), value, _default(parameter), getattr(parameter, "help", None) or ""]


def _metavar(argument: Any) -> str:
    name = str(argument.metavar or argument.name.upper())
    return name if argument.required else f"[{name}]"


def _value(option: Any) -> str:
    """The metavar or type, with the limits of a range."""
    name = option.metavar or TYPES.get(option.type_descriptor.annotation, "TEXT")
    if option.max is not None:
        return f"{name} ({option.min} to {option.max})"
    return name if option.min is None else f"{name} (from {option.min})"


def _default(parameter: Any) -> str:
    """The default as `--help` shows it."""
    shown = getattr(parameter, "show_default", None)
    if parameter.required:
        return "required"
    if isinstance(shown, str):
        return shown
    if parameter.default is None or parameter.default is False:
        return ""
    return code(parameter.opts[0] if parameter.default is True else str(parameter.default).removesuffix(".0"))
