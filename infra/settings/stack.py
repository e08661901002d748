"""A stack: its settings and the names that carry the stack's own."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from hashlib import sha256

from infra.config.errors import SettingsError, shown
from infra.config.provider_settings import provider_problems
from infra.naming.name_limits import length_problems, project_problem, short_names
from infra.naming.table_names import FIRST_KEYS, own_table_name
from infra.settings.model import Settings, load_settings
from strategies.base import TableSpec
from strategies.registry import section_of

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
        control = self.settings.control
        keys = FIRST_KEYS["control"]
        return control.table_name or own_table_name(self.prefix, "control", keys, control.home_region)

    def table_name(self, spec: TableSpec) -> str:
        """The physical name of a table: the configured one, else one that carries the stack's."""
        keys = (spec.hash_key, spec.range_key)
        return spec.name or own_table_name(self.prefix, spec.purpose, keys, spec.home_region)

    def warnings(self) -> list[str]:
        """What works but is rarely meant; each begins with its key."""
        return [*self.settings.warnings(), *self._renamed_tables()]

    def _renamed_tables(self) -> list[str]:
        """Tables whose names tell them from those that a stack may have under the shorter name."""
        named = [
            (f"{section_of(strategy)}.tableName", self.table_name(spec), f"{self.prefix}-{spec.purpose}")
            for strategy, spec in self.settings.tables_by_strategy().items()
            if not spec.name
        ]
        control = self.settings.control
        if control.is_live and not control.table_name:
            named.append(("control.tableName", self.control_table_name, f"{self.prefix}-control"))
        return [
            f"{key}: the table is {name}, for its keys or its home Region are others than those of {short}: data that"
            f" is in {short} stays there. Write the name of the one that is meant"
            for key, name, short in named
            if name != short
        ]


def load_stack(
    config: Mapping[str, str], name: str, project: str = "edge-router", secret_keys: Container[str] = ()
) -> Stack:
    """The stack of a config as the engine gives it to a program (see load_settings); SettingsError otherwise."""
    problems = [text for text in (project_problem(project), _name_problem(name)) if text]
    problems += provider_problems(config, project)
    try:
        settings = load_settings(config, project, secret_keys)
    except SettingsError as error:
        raise SettingsError(problems + error.problems) from None
    stack = Stack(project, name, settings)
    if problems := problems or length_problems(short_names(stack)):
        raise SettingsError(problems)
    return stack


def refuse_demo(stack: Stack) -> None:
    """Raise SettingsError where the config asks for parts of the demo, which are created by a project of their own.

    An update without the keys would delete what an earlier version of this program created for them, and that may be
    what visitors are served from: so only whoever sets them to false says that this may go.
    """
    parts = {
        "hosts": ("origins.stable and origins.canary", "two instances with their network, role and secret"),
        "tiers": ("tier.tiers", "the REST APIs"),
    }
    found = [
        f"{stack.project}:demo.{key} is true, but these are a Pulumi project of their own, demo/hosts (docs/hosts.md)."
        f" `make demo-hosts STACK={stack.name}` creates them there, points {settings} at them and sets this key to"
        f" false. Only the `pulumi up` after that deletes what an earlier version created in this stack ({former}),"
        f" once the new ones are in place. To use others, set {settings} to them and this key to false"
        for key, (settings, former) in parts.items()
        if getattr(stack.settings.demo, key)
    ]
    if found:
        raise SettingsError(found)


def _name_problem(name: str) -> str:
    if _NAME.fullmatch(name):
        return ""
    return (
        f"the stack's name is {shown(name)}: resources are named after it, so it has 1 to 32 letters, digits, - and _"
    )
