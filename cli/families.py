"""The commands of `edge-router` by name, each imported and built when it is called."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, cast

import typer
import typer.core
import typer.main

FAMILIES: Mapping[str, str] = {
    "init": "cli.first_hour.command:init",
    "doctor": "cli.first_hour.command:doctor",
    "up": "cli.up.command:up",
    "status": "cli.up.command:status",
    "bundle": "cli.bundle.command:bundle",
    "explain": "cli.explain.command:explain",
    "validate": "cli.validate.command:validate",
    "test": "cli.test.command:run_files",
    "sweep": "cli.sweep.command:sweep",
    "rollback": "cli.rollback.command:rollback",
    "invalidate": "cli.invalidate.command:invalidate",
    "cost": "cli.cost.command:cost",
    "what-if": "cli.what_if.command:what_if",
    "logs": "cli.logs.command:logs",
    "jwks": "cli.jwks.command:jwks_app",
    "new-strategy": "cli.new_strategy.command:new_strategy",
    "config": "cli.config.command:config_app",
    "effect": "cli.effect.command:effect",
    "rollout": "cli.rollout.command:rollout_app",
    "console": "cli.console.command:console",
    "builds": "cli.builds.command:builds_app",
}
"""Name to "module:command" in the order of the help; a command imports what it runs when it runs."""


def load_family(name: str) -> Callable[..., None] | typer.Typer:
    """Import a command or a group of them; KeyError for an unknown name."""
    module, _, attribute = FAMILIES[name].partition(":")
    return getattr(import_module(module), attribute)


class Families(typer.core.TyperGroup):
    """The group of all commands."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = cast("Any", _Built())

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  the library calls it with a context
        """Return the names in the order of the help."""
        return list(FAMILIES)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  as above
        """Write each command with its whole summary, which the library would cut to one line."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _summary(load_family(name))) for name in FAMILIES])


class _Built(Mapping[str, Any]):
    """Builds a command when it is looked up."""

    def __getitem__(self, name: str) -> Any:
        return _build(name)

    def __iter__(self) -> Iterator[str]:
        return iter(FAMILIES)

    def __len__(self) -> int:
        return len(FAMILIES)


@cache
def _build(name: str) -> Any:
    """Build a command once: it is looked up several times in a run."""
    family = load_family(name)
    if isinstance(family, typer.Typer):
        group = typer.main.get_group(family)
        for command in group.commands.values():
            command.short_help = _first_line(command.help)  # whole, as above
        return group
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name)(family)
    return typer.main.get_command(alone)


def _summary(family: Callable[..., None] | typer.Typer) -> str:
    return _first_line(family.info.help if isinstance(family, typer.Typer) else family.__doc__)


def _first_line(text: object) -> str:
    return str(text).partition("\n")[0]
