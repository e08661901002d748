"""The whole config of a stack, validated at preview: all mistakes together, each with its full key."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Self, cast

from pydantic import (
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)

from infra.problems import SettingsError, one_of, problem, raise_problems, rule, shown, suggestion, told
from infra.section import Section, Text
from infra.settings_origins import Origins, OriginSettings, OverrideSettings, absent_if_empty
from infra.settings_parts import (
    DemoSettings,
    FunctionSettings,
    LogSettings,
    StaticPaths,
    TableReadSettings,
    TableSettings,
)
from infra.settings_strategies import section_fields, table_of
from strategies.base import Needs, Strategy, TableSpec
from strategies.registry import STRATEGIES, load, section_of

PRICE_CLASSES = ("PriceClass_100", "PriceClass_200", "PriceClass_All")
MAX_RELEASE_CHARACTERS = 64

_PERCENTAGE = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")


def _read_percentage(value: object) -> object:
    """10, "12.5" and "0.05", but neither "10%" nor "1e1"."""
    text = str(value)
    if isinstance(value, bool) or not _PERCENTAGE.fullmatch(text) or float(text) > 100:
        text = f"is {shown(value)}: a percentage from 0 to 100 with at most two decimals, such as 10 or 12.5"
        raise_problems([problem(text, value=value)])
    return float(text)


def _release_problem(value: str) -> str:
    if 0 < len(value) <= MAX_RELEASE_CHARACTERS and value.isprintable() and value == value.strip():
        return ""
    return (
        f"is {shown(value)}: a release has 1 to {MAX_RELEASE_CHARACTERS} printable characters, no space at either end,"
        " such as 2026-11"
    )


class CoreSettings(Section):
    """All of a stack's settings but the strategies' sections, which the registry of strategies adds.

    The order matters: what validates sees the fields above it.
    """

    origins: Origins
    strategy: Annotated[
        Text, rule(lambda name: "" if name in STRATEGIES else f"is {name!r}: {suggestion(name, STRATEGIES)}")
    ]
    canary_percent: Annotated[float, BeforeValidator(_read_percentage)] = 0.0
    release: Annotated[Text, rule(_release_problem)]
    pin: Annotated[Text, one_of("none", "stable", "canary")] = "none"
    override: Annotated[OverrideSettings | None, BeforeValidator(absent_if_empty)] = None
    log_salt: Text = Field(default="", repr=False)
    static_paths: StaticPaths = ()
    price_class: Annotated[Text, one_of(*PRICE_CLASSES)] = "PriceClass_All"
    function: FunctionSettings = Field(default_factory=FunctionSettings)
    table_reads: TableReadSettings = Field(default_factory=TableReadSettings)
    tables: TableSettings = Field(default_factory=TableSettings)
    logs: LogSettings = Field(default_factory=LogSettings)
    demo: DemoSettings = Field(default_factory=DemoSettings)

    @field_validator("static_paths")
    @classmethod
    def _needs_no_function(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        """Nothing runs there that could write a Host header."""
        origins: Mapping[str, OriginSettings] = info.data.get("origins", {})
        host = origins["stable"].host_header if "stable" in origins else "origin"
        if value and host not in ("origin", "viewer"):
            text = (
                f"cannot be where origins.stable.hostHeader is {host!r}: no function runs for these paths to write that"
                " name; it has to be origin or viewer"
            )
            raise_problems([problem(text, value=value)])
        return value

    @model_validator(mode="after")
    def _waits_end_before_deadline(self) -> Self:
        """What a decision may wait for has its own end; the router's deadline is for what has none."""
        deadline_ms, reads_ms, waits_ms = (
            self.function.deadline_ms,
            self.table_reads.total_timeout_ms,
            self.needs.longest_wait_ms,
        )
        if reads_ms >= deadline_ms:
            text = f"is {reads_ms}: must be below function.deadlineMs, that is {deadline_ms}"
            raise_problems([problem(text, "tableReads", "totalTimeoutMs", value=reads_ms)])
        if waits_ms >= deadline_ms:
            text = f"is {deadline_ms}: must be above what {self.strategy} may wait, that is {waits_ms}"
            raise_problems([problem(text, "function", "deadlineMs", value=deadline_ms)])
        return self

    @model_validator(mode="after")
    def _has_tiers_to_show(self) -> Self:
        if self.demo.tiers and self.options_of("tier") is None:
            text = "is true, but there are no tiers: write the section tier, or set this to false"
            raise_problems([problem(text, "demo", "tiers", value=True)])
        return self

    @property
    def strategy_class(self) -> type[Strategy]:
        """The chosen strategy."""
        return load(self.strategy)

    @property
    def section(self) -> str:
        """The key of the chosen strategy's section."""
        return section_of(self.strategy)

    @property
    def options(self) -> Any:
        """The options of the chosen strategy."""
        return self.options_of(self.strategy)

    @property
    def demo_tiers(self) -> tuple[str, ...]:
        """The tiers that get a mock back end, the default one first; none unless `demo.tiers` asks for them."""
        options = self.options_of("tier")
        return (options.default, *sorted(options.tiers)) if self.demo.tiers and options is not None else ()

    @property
    def needs(self) -> Needs:
        """What the chosen strategy needs."""
        return self.strategy_class.needs(self.options)

    def options_of(self, strategy: str) -> Any | None:
        """The options in a strategy's section; None where config has none."""
        return getattr(self, section_of(strategy))

    def tables_by_strategy(self) -> dict[str, TableSpec]:
        """The tables of all configured sections, whichever strategy is chosen."""
        options = {strategy: self.options_of(strategy) for strategy in STRATEGIES}
        specs = {name: table_of(name, given) for name, given in options.items() if given is not None}
        return {name: spec for name, spec in specs.items() if spec is not None}

    def warnings(self) -> list[str]:
        """What works but is rarely meant, in the chosen strategy's options."""
        return self.strategy_class.warnings(self.options)


if TYPE_CHECKING:
    Settings = CoreSettings
else:
    Settings = create_model("Settings", __base__=CoreSettings, **section_fields())


def load_settings(
    config: Mapping[str, str], project: str = "edge-router", secret_keys: Container[str] = ()
) -> CoreSettings:
    """The settings in a stack's config; SettingsError with every mistake.

    `config` is what the engine gives a program: "edge-router:key" to a string, JSON where the value is an object.
    `secret_keys` are the full keys whose values no message may show.
    """
    prefix = f"{project}:"
    own = {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}
    raw = {key: _decoded(key, value) for key, value in own.items()}
    secrets = {key for key in raw if f"{prefix}{key}" in secret_keys}
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        raise SettingsError(told(error, project, raw, secrets)) from None


def _decoded(key: str, value: str) -> object:
    """Objects come as JSON; what is no object is left as it is, for its field to say what it expected."""
    field = next((field for field in Settings.model_fields.values() if field.alias == key), None)
    if field is not None and field.annotation is not str and value[:1] in ("{", "["):
        try:
            return cast("object", json.loads(value))
        except (ValueError, RecursionError):
            return value
    return value
