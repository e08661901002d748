"""The strategies' sections: their Options dataclasses, validated by pydantic and then by themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, cast

from pydantic import (
    Field,
    PlainValidator,
    ValidationError,
    ValidationInfo,
)
from pydantic.alias_generators import to_camel
from pydantic_core import InitErrorDetails

from infra.config.aws_hosts import allowed_domain_problem, host_problems, host_warning
from infra.config.aws_regions import region_problem, replica_problems
from infra.config.errors import problem, problems_of, raise_problems
from infra.config.options_model import options_model
from infra.config.section import Section
from infra.settings.cookies import cookie_domain_problem
from infra.settings.domain import DomainSettings
from infra.settings.release import ControlSettings
from strategies.base import OptionsError, TableSpec
from strategies.registry import STRATEGIES, load, section_of
from strategies.tier import TierOrigin


def section_fields() -> dict[str, Any]:
    """A field of the settings for every registered strategy: its options, or None where config has no section."""
    return {
        section_of(name): (
            Annotated[object, PlainValidator(_section_validator(name))],
            Field(default=None, validate_default=True, repr=False),  # an absent section is judged as well
        )
        for name in STRATEGIES
    }


def _section_validator(strategy: str) -> Callable[[object, ValidationInfo], object]:
    def validate(value: object, info: ValidationInfo) -> object:
        is_absent = value is None or value == {}
        if is_absent and info.data.get("strategy") != strategy:
            return None
        options, problems = read_options(strategy, {} if is_absent else value)
        if is_absent:
            problems = _absence_problems(strategy, options, problems)
        if options is not None:
            problems += _origin_problems(strategy, options, info) + _table_problems(strategy, options, info)
            problems += _host_problems(options) + _cookie_problems(strategy, options, info)
        raise_problems(problems)
        return options

    return validate


def read_options(strategy: str, section: object) -> tuple[Any | None, list[InitErrorDetails]]:
    """A section's options, or None and its mistakes; keys of the wrong type do not hide what else is wrong."""
    problems: list[InitErrorDetails] = []
    try:
        fields = options_model(strategy).model_validate(section)
    except ValidationError as error:
        problems = problems_of(error)
        if not isinstance(section, dict):
            return None, problems
        broken = {entry["loc"][0] for entry in error.errors() if entry["loc"]}
        sound = {key: value for key, value in cast("dict[str, object]", section).items() if key not in broken}
        try:
            fields = options_model(strategy).model_validate(sound)
        except ValidationError:
            return None, problems
        return None, problems + [
            found for found in _option_problems(strategy, fields)[1] if found.get("loc", ("",))[0] not in broken
        ]
    return _option_problems(strategy, fields)


def _option_problems(strategy: str, fields: Section) -> tuple[Any | None, list[InitErrorDetails]]:
    given = fields.model_dump()
    problems = _region_problems(given)
    try:
        options = load(strategy).Options(**given)
    except OptionsError as error:
        problems += [
            problem(text, *name.split("."), value=given.get(_snake(strategy, name))) for name, text in error.errors
        ]
        return None, problems
    return (None if problems else options), problems


def _snake(strategy: str, key: str) -> str:
    return next((name for name, field in options_model(strategy).model_fields.items() if field.alias == key), key)


def _region_problems(given: Mapping[str, Any]) -> list[InitErrorDetails]:
    """A table's Regions; every strategy with a table calls them home_region and replicas."""
    if "home_region" not in given:
        return []
    home, replicas = given["home_region"], given.get("replicas", ())
    text = region_problem(home)
    problems = [problem(text, "homeRegion", value=home)] if text else []
    return problems + [
        problem(text, "replicas", index, value=replicas[index])
        for index, text in replica_problems(home, replicas).items()
    ]


def _absence_problems(strategy: str, options: Any, problems: list[InitErrorDetails]) -> list[InitErrorDetails]:
    """A chosen strategy may go without a section if its defaults do and it has no table."""
    if options is None:
        keys = ", ".join(str(found.get("loc", ("",))[0]) for found in problems)
        return [problem(f"is missing: the strategy {strategy} cannot do without {keys}")]
    if table_of(strategy, options) is None:
        return []
    key = to_camel(next(iter(options_model(strategy).model_fields)))
    return [
        problem(
            f"is missing: the strategy {strategy} reads a table, and a table lives as long as its section is in the"
            f" stack's config; write at least one of its keys, such as {key}"
        )
    ]


def table_of(strategy: str, options: Any) -> TableSpec | None:
    """The table that a section asks for."""
    return load(strategy).needs(options).table


def _origin_problems(strategy: str, options: Any, info: ValidationInfo) -> list[InitErrorDetails]:
    origins: Mapping[str, object] | None = info.data.get("origins")
    if origins is None:
        return []
    listed = ", ".join(sorted(origins))
    return [
        problem(f"names the origin {name!r}, which origins does not list: listed are {listed}")
        for name in sorted(load(strategy).needs(options).origins - set(origins))
    ]


def _host_problems(options: Any) -> list[InitErrorDetails]:
    """What hosts of AWS's own would refuse, of back ends in the section and of those that a table may name."""
    backends = {name: origin.origin(name) for name, origin in backends_of(options).items()}
    found = [
        problem(text, "tiers", name, key, value=key)
        for name, origin in backends.items()
        for key, text in host_problems(origin.domain_name, origin.protocol, origin.port, origin.host_header).items()
    ]
    allowed: tuple[str, ...] = getattr(options, "allowed_domains", ())
    return found + [
        problem(text, "allowedDomains", value=entry) for entry in allowed if (text := allowed_domain_problem(entry))
    ]


def backends_of(options: Any) -> Mapping[str, TierOrigin]:
    """The origins that a section has of its own: the tiers."""
    return getattr(options, "tiers", {})


def host_warnings(section: str, options: Any) -> list[str]:
    """Hosts in a section that some requests will not be answered by; each begins with its key."""
    hosts = {f"tiers.{name}.domainName": origin.domain_name for name, origin in backends_of(options).items()}
    allowed: tuple[str, ...] = getattr(options, "allowed_domains", ())
    hosts |= {f"allowedDomains[{index}]": entry for index, entry in enumerate(allowed) if not entry.startswith(".")}
    return [f"{section}.{key} {text}" for key, host in hosts.items() if (text := host_warning(host))]


def _cookie_problems(strategy: str, options: Any, info: ValidationInfo) -> list[InitErrorDetails]:
    """Whichever strategy is chosen: switching must not be what breaks it."""
    domain = load(strategy).needs(options).cookie_domain
    if not domain or "domain" not in info.data:
        return []
    section: DomainSettings | None = info.data["domain"]
    text = cookie_domain_problem(domain, section.aliases if section is not None else ())
    return [problem(text, "domain", value=domain)] if text else []


def _table_problems(strategy: str, options: Any, info: ValidationInfo) -> list[InitErrorDetails]:
    """Two sections cannot share a table: each is created with keys of its own."""
    table = table_of(strategy, options)
    if table is None or not table.name:
        return []
    control: ControlSettings | None = info.data.get("control")
    if control is not None and control.table_name == table.name:
        text = f"is {table.name!r}, which is control.tableName: every section has a table of its own"
        return [problem(text, "tableName", value=table.name)]
    for other in STRATEGIES:
        others = info.data.get(section_of(other))
        spec = table_of(other, others) if others is not None else None
        if spec is not None and spec.name == table.name:
            text = f"is {table.name!r}, which is the table of {section_of(other)}: every section has a table of its own"
            return [problem(text, "tableName", value=table.name)]
    return []
