"""The strategies' sections: their Options dataclasses, validated by pydantic and then by themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Annotated, Any, cast

from pydantic import (
    Field,
    PlainValidator,
    ValidationError,
    ValidationInfo,
)
from pydantic.alias_generators import to_camel
from pydantic_core import InitErrorDetails

from infra.config.aws_hosts import allowed_domain_error, host_errors, host_warning
from infra.config.aws_regions import region_error, replica_errors
from infra.config.base_model import Section, section_name
from infra.config.cookies import cookie_domain_error
from infra.config.errors import errors_in, format_value, raise_errors, setting_error
from infra.config.options_model import options_model
from infra.settings.domain import DomainSettings
from infra.settings.release import ControlSettings
from strategies.base import OptionsError, TableSpec
from strategies.registry import STRATEGIES, load
from strategies.tier import TierOrigin


def section_fields() -> dict[str, Any]:
    """Return a field for every registered strategy: its options, or None where the config has no section."""
    return {
        section_name(name): (
            Annotated[object, PlainValidator(_section_validator(name))],
            Field(default=None, validate_default=True, repr=False),  # an absent section is validated as well
        )
        for name in STRATEGIES
    }


def _section_validator(strategy: str) -> Callable[[object, ValidationInfo], object]:
    def validate(value: object, info: ValidationInfo) -> object:
        is_absent = value is None or value == {}
        if is_absent and info.data.get("strategy") != strategy:
            return None
        options, errors = read_options(strategy, {} if is_absent else value)
        if is_absent:
            errors = _absence_errors(strategy, options, errors)
        if options is not None:
            errors += _origin_errors(strategy, options, info) + _table_errors(strategy, options, info)
            errors += _host_errors(options) + _cookie_errors(strategy, options, info)
        raise_errors(errors)
        return options

    return validate


def read_options(strategy: str, section: object) -> tuple[Any | None, list[InitErrorDetails]]:
    """Return a section's options, or None and its errors; keys of the wrong type do not hide other errors."""
    errors: list[InitErrorDetails] = []
    try:
        fields = options_model(strategy).model_validate(section)
    except ValidationError as error:
        errors = errors_in(error)
        if not isinstance(section, dict):
            return None, errors
        broken = {entry["loc"][0] for entry in error.errors() if entry["loc"]}
        sound = {key: value for key, value in cast("dict[str, object]", section).items() if key not in broken}
        try:
            fields = options_model(strategy).model_validate(sound)
        except ValidationError:
            return None, errors
        return None, errors + [
            found for found in _option_errors(strategy, fields)[1] if found.get("loc", ("",))[0] not in broken
        ]
    return _option_errors(strategy, fields)


def _option_errors(strategy: str, fields: Section) -> tuple[Any | None, list[InitErrorDetails]]:
    given, errors = _with_preset(strategy, fields)
    errors += _region_errors(given)
    try:
        options = load(strategy).Options(**given)
    except OptionsError as error:
        errors += [
            setting_error(text, *name.split("."), value=given.get(_snake(strategy, name)))
            for name, text in error.errors
        ]
        return None, errors
    return (None if errors else options), errors


def _with_preset(strategy: str, fields: Section) -> tuple[dict[str, Any], list[InitErrorDetails]]:
    """Return all options, where a preset's stand in for those that the section does not name, and the errors.

    A strategy that has presets is a folder with a module `presets`.
    """
    given = fields.model_dump()
    if not given.get("preset"):
        return given, []
    presets = import_module(f"{STRATEGIES[strategy].partition(':')[0]}.presets")
    try:
        return {**given, **presets.preset_options({name: given[name] for name in fields.model_fields_set})}, []
    except KeyError:
        allowed = ", ".join(presets.PRESETS)
        text = f"is {format_value(given['preset'])}: allowed: {allowed}"
        return given, [setting_error(text, "preset", value=given["preset"])]


def _snake(strategy: str, key: str) -> str:
    return next((name for name, field in options_model(strategy).model_fields.items() if field.alias == key), key)


def _region_errors(given: Mapping[str, Any]) -> list[InitErrorDetails]:
    """Check a table's Regions; every strategy with a table calls them home_region and replicas."""
    if "home_region" not in given:
        return []
    home, replicas = given["home_region"], given.get("replicas", ())
    text = region_error(home)
    errors = [setting_error(text, "homeRegion", value=home)] if text else []
    return errors + [
        setting_error(text, "replicas", index, value=replicas[index])
        for index, text in replica_errors(home, replicas).items()
    ]


def _absence_errors(strategy: str, options: Any, errors: list[InitErrorDetails]) -> list[InitErrorDetails]:
    """Allow no section for the chosen strategy only with valid defaults and no table."""
    if options is None:
        keys = ", ".join(str(found.get("loc", ("",))[0]) for found in errors)
        return [setting_error(f"is missing: the strategy {strategy} cannot do without {keys}")]
    if section_table(strategy, options) is None:
        return []
    key = to_camel(next(iter(options_model(strategy).model_fields)))
    return [
        setting_error(
            f"is missing: the strategy {strategy} reads a table, and a table lives as long as its section is in the"
            f" stack's config; write at least one of its keys, such as {key}"
        )
    ]


def section_table(strategy: str, options: Any) -> TableSpec | None:
    """Return the table that a section needs."""
    return load(strategy).needs(options).table


def _origin_errors(strategy: str, options: Any, info: ValidationInfo) -> list[InitErrorDetails]:
    origins: Mapping[str, object] | None = info.data.get("origins")
    if origins is None:
        return []
    listed = ", ".join(sorted(origins))
    return [
        setting_error(f"names the origin {name!r}, which origins does not list: listed are {listed}")
        for name in sorted(load(strategy).needs(options).origins - set(origins))
    ]


def _host_errors(options: Any) -> list[InitErrorDetails]:
    """Check AWS services as hosts of the section's backends and of those that a table may name."""
    backends = {name: origin.origin(name) for name, origin in section_origins(options).items()}
    found = [
        setting_error(text, "tiers", name, key, value=key)
        for name, origin in backends.items()
        for key, text in host_errors(origin.domain_name, origin.protocol, origin.port, origin.host_header).items()
    ]
    allowed: tuple[str, ...] = getattr(options, "allowed_domains", ())
    return found + [
        setting_error(text, "allowedDomains", value=entry) for entry in allowed if (text := allowed_domain_error(entry))
    ]


def section_origins(options: Any) -> Mapping[str, TierOrigin]:
    """Return the origins in a section: the tiers."""
    return getattr(options, "tiers", {})


def host_warnings(section: str, options: Any) -> list[str]:
    """Warn of hosts in a section that work in some cases only; each begins with its key."""
    hosts = {f"tiers.{name}.domainName": origin.domain_name for name, origin in section_origins(options).items()}
    allowed: tuple[str, ...] = getattr(options, "allowed_domains", ())
    hosts |= {f"allowedDomains[{index}]": entry for index, entry in enumerate(allowed) if not entry.startswith(".")}
    return [f"{section}.{key} {text}" for key, host in hosts.items() if (text := host_warning(host))]


def _cookie_errors(strategy: str, options: Any, info: ValidationInfo) -> list[InitErrorDetails]:
    """Check the cookie's domain, also of a strategy that is not chosen, so that switching works."""
    domain = load(strategy).needs(options).cookie_domain
    if not domain or "domain" not in info.data:
        return []
    section: DomainSettings | None = info.data["domain"]
    text = cookie_domain_error(domain, section.aliases if section is not None else ())
    return [setting_error(text, "domain", value=domain)] if text else []


def _table_errors(strategy: str, options: Any, info: ValidationInfo) -> list[InitErrorDetails]:
    """Reject a table of two sections, because each is created with its own keys."""
    table = section_table(strategy, options)
    if table is None or not table.name:
        return []
    control: ControlSettings | None = info.data.get("control")
    if control is not None and control.table_name == table.name:
        text = f"is {table.name!r}, which is control.tableName: every section has a table of its own"
        return [setting_error(text, "tableName", value=table.name)]
    for other in STRATEGIES:
        others = info.data.get(section_name(other))
        spec = section_table(other, others) if others is not None else None
        if spec is not None and spec.name == table.name:
            text = (
                f"is {table.name!r}, which is the table of {section_name(other)}: every section has a table of its own"
            )
            return [setting_error(text, "tableName", value=table.name)]
    return []
