"""A stack: its settings, and the physical names that begin with its own."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from infra.config.base_model import section_name
from infra.config.errors import SettingsError
from infra.config.provider import provider_errors
from infra.naming.edge_functions import REWRITING, router_function_name, viewer_function_name
from infra.naming.resource_names import FIRST_KEYS, Name, length_errors, project_error, stack_error, table_name
from infra.settings.domain import shared_alias_errors
from infra.settings.model import Settings, load_settings
from strategies.base import TableSpec

_UNIQUE_ID = "A" * 21
"""A text as long as the unique id of a role."""


@dataclass(frozen=True)
class Stack:
    """One deployment of the program, or of a component in somebody else's. It imports nothing of Pulumi, so that
    commands read it without.

    `component` begins the logical names of a component's resources, "" for the program's own, whose names are frozen.
    `name_prefix` begins physical names, "" for project and stack. `keys` begin the full name of a setting in messages,
    "" for the project's namespace.
    """

    project: str
    name: str
    settings: Settings
    component: str = ""
    name_prefix: str = ""
    keys: str = ""

    @property
    def prefix(self) -> str:
        """The beginning of the physical names of the stack's resources."""
        return self.name_prefix or f"{self.project}-{self.name}"

    def logical_name(self, logical: str) -> str:
        """Return the logical name of a resource: with the component's before it, for two may be in one program."""
        return f"{self.component}-{logical}" if self.component else logical

    def key(self, path: str) -> str:
        """Return the full name of a setting for messages: `edge-router:pin`, or `inputs.pin` of a component."""
        return f"{self.keys or f'{self.project}:'}{path}"

    @property
    def log_salt(self) -> str:
        """The salt of visitors' hashes in the log: the config's, else one that only differs between stacks."""
        return self.settings.log_salt or sha256(self.prefix.encode()).hexdigest()[:32]

    @property
    def table(self) -> TableSpec | None:
        """The table that the chosen strategy reads."""
        return self.settings.needs.table

    @property
    def control_table_name(self) -> str:
        """The physical name of the control table, also where there is none."""
        control = self.settings.control
        keys = FIRST_KEYS["control"]
        return control.table_name or table_name(self.prefix, "control", keys, control.home_region)

    def table_name(self, spec: TableSpec) -> str:
        """Return the physical name of a table: the configured one, else one that begins with the stack's."""
        keys = (spec.hash_key, spec.range_key)
        return spec.name or table_name(self.prefix, spec.purpose, keys, spec.home_region)

    def short_names(self) -> Iterator[Name]:
        """Yield all physical names with a limit (infra.naming.resource_names.LIMITS)."""
        settings, prefix = self.settings, self.prefix
        if settings.needs.origin_request:
            yield Name("role", prefix)
            yield Name("function", router_function_name(prefix, _UNIQUE_ID))
        if viewer_function := settings.needs.viewer_function:
            yield Name("CloudFront function", viewer_function_name(prefix, viewer_function))
            yield Name("key-value store", viewer_function_name(prefix, viewer_function))
        if settings.rewrites_at_viewer:
            yield Name("CloudFront function", viewer_function_name(prefix, REWRITING))
        regional = {"controller": settings.has_rollout, "validator": settings.validator.function}
        for purpose in (purpose for purpose, is_deployed in regional.items() if is_deployed):
            yield Name("role", f"{prefix}-{purpose}")
            yield Name("function", f"{prefix}-{purpose}")
        if settings.has_rollout:
            yield Name("rule", f"{prefix}-rollout")
        if settings.alarms is not None:
            if settings.needs.origin_request:
                yield Name("role", f"{prefix}-alarms")
            yield Name("rule", f"{prefix}-alarms")

    def warnings(self, *, is_new: bool = False) -> list[str]:
        """Return warnings about likely mistakes; each begins with its key. A new stack has no tables yet."""
        return [*self.settings.warnings(), *([] if is_new else self._renamed_tables())]

    def reject_shared_aliases(self, directory: Path) -> None:
        """Raise SettingsError where another stack's file in this directory has one of the stack's aliases."""
        domain = self.settings.domain
        if domain and (errors := shared_alias_errors(self.project, self.name, domain.aliases, directory)):
            raise SettingsError(errors)

    def _renamed_tables(self) -> list[str]:
        """Warn of tables with a suffix in their name: data may be in the table without."""
        names = [
            (f"{section_name(strategy)}.tableName", self.table_name(spec), f"{self.prefix}-{spec.purpose}")
            for strategy, spec in self.settings.tables_by_strategy().items()
            if not spec.name
        ]
        control = self.settings.control
        if control.is_live and not control.table_name:
            names.append(("control.tableName", self.control_table_name, f"{self.prefix}-control"))
        return [
            f"{key}: the table is {name}, because its keys or its home Region differ from those of {short}. If there is"
            f" a table {short}, its data stays there; to name the one that is meant, set {key}"
            for key, name, short in names
            if name != short
        ]


def load_stack(
    config: Mapping[str, str], name: str, project: str = "edge-router", secret_keys: Container[str] = ()
) -> Stack:
    """Return the stack of a config as the engine gives it to a program (see load_settings); SettingsError otherwise."""
    errors = [text for text in (project_error(project), stack_error(name)) if text]
    errors += provider_errors(config, project)
    try:
        settings = load_settings(config, project, secret_keys)
    except SettingsError as error:
        raise SettingsError(errors + error.errors) from None
    stack = Stack(project, name, settings)
    if errors := errors or length_errors(stack.short_names()):
        raise SettingsError(errors)
    return stack


WITHOUT_DEMO = ("demo.hosts=false", "demo.tiers=false")
"""The overrides that refuse_demo asks for: the project demo/hosts, or this machine, has those parts instead."""


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
