"""The commands of `edge-router` by name, each built when it is called: to build all takes longer than the help."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import typer
import typer.core
import typer.main

from cli.bundle.command import bundle
from cli.config.command import config_app
from cli.cost.command import cost
from cli.explain.command import explain
from cli.invalidate.command import invalidate
from cli.logs.command import logs
from cli.new_strategy.command import new_strategy
from cli.rollback.command import rollback
from cli.rollout.command import rollout_app
from cli.sweep.command import sweep
from cli.up.command import status, up
from cli.validate.command import validate

# A command imports what it runs when it runs, so that --help is fast.
_COMMANDS = (up, status, bundle, explain, validate, sweep, rollback, invalidate, cost, logs, new_strategy)
FAMILIES: Mapping[str, Callable[..., None] | typer.Typer] = {
    **{command.__name__.replace("_", "-"): command for command in _COMMANDS},
    "config": config_app,
    "rollout": rollout_app,
}


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
            formatter.write_dl([(name, _summary(family)) for name, family in FAMILIES.items()])


class _Built(Mapping[str, Any]):
    """Builds a command when it is looked up."""

    def __getitem__(self, name: str) -> Any:
        family = FAMILIES[name]
        if isinstance(family, typer.Typer):
            group = typer.main.get_group(family)
            for command in group.commands.values():
                command.short_help = _first_line(command.help)  # whole, as above
            return group
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(name)(family)
        return typer.main.get_command(alone)

    def __iter__(self) -> Iterator[str]:
        return iter(FAMILIES)

    def __len__(self) -> int:
        return len(FAMILIES)


def _summary(family: Callable[..., None] | typer.Typer) -> str:
    return _first_line(family.info.help if isinstance(family, typer.Typer) else family.__doc__)


def _first_line(text: object) -> str:
    return str(text).partition("\n")[0]
