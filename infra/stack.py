"""A stack: its settings and the names that carry the stack's own."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

from infra.problems import SettingsError, shown
from infra.provider_settings import provider_problems
from infra.settings import Settings, load_settings
from strategies.base import TableSpec

_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")


@dataclass(frozen=True)
class Stack:
    """What the program deploys. It knows nothing of Pulumi, so that commands read the same settings without it."""

    project: str
    name: str
    settings: Settings

    @property
    def prefix(self) -> str:
        """What the physical names of the stack's resources begin with."""
        return f"{self.project}-{self.name}"

    @property
    def log_salt(self) -> str:
        """The salt of visitors' hashes in the log: the one in the config, else one that only tells stacks apart."""
        return self.settings.log_salt or sha256(self.prefix.encode()).hexdigest()[:32]

    @property
    def table(self) -> TableSpec | None:
        """The table that the chosen strategy reads."""
        return self.settings.needs.table

    @property
    def control_table_name(self) -> str:
        """The physical name of the control table, whether or not there is one."""
        return self.settings.control.table_name or f"{self.prefix}-control"

    def at_hosts(self, names: Mapping[str, str]) -> Stack:
        """The same stack when its hosts have these names, by origin."""
        return replace(self, settings=self.settings.with_hosts(names))

    def table_name(self, spec: TableSpec) -> str:
        """The physical name of a table: the configured one, else one that carries the stack's."""
        return spec.name or f"{self.prefix}-{spec.purpose}"


def load_stack(
    config: Mapping[str, str], name: str, project: str = "edge-router", secret_keys: Container[str] = ()
) -> Stack:
    """The stack of a config as the engine gives it to a program (see load_settings); SettingsError otherwise."""
    problems: list[str] = []
    if not _NAME.fullmatch(name):
        problems = [
            f"the stack's name is {shown(name)}: resources are named after it, so it has 1 to 32 letters, digits,"
            " - and _"
        ]
    problems += provider_problems(config, project)
    try:
        settings = load_settings(config, project, secret_keys)
    except SettingsError as error:
        raise SettingsError(problems + error.problems) from None
    if problems:
        raise SettingsError(problems)
    return Stack(project, name, settings)
