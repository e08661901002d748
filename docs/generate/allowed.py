"""Allowed values, in the words of the validators: each key is given values that it rejects, and the error says more."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from infra.config.base_model import section_name
from infra.config.errors import describe
from pipeline.settings import PipelineSettings
from strategies.registry import STRATEGIES, load

from .docstrings import example
from .keys import Key, section_in

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

ROOT = Path(__file__).parents[2]
REJECTED: dict[type, list[Any]] = {str: ["\n", "!", "", "x" * 9_000], int: [-1, 10**12], float: [-1, 10**12]}
"""Values that hardly any key takes, by type."""

_ALLOWED = re.compile(r".*\b[Aa]llowed(?: is|:) ", re.DOTALL)
_ADVICE = re.compile(r"use \d+ random|nothing would be|at least \d+ random|\d+$")
"""Begins what an error says besides what is allowed, which is among the meanings of the key."""


def allowed_values(key: Key, model: type[BaseModel]) -> str:
    """Return the values that a key takes besides its type; "" where every value of the type will do."""
    annotation = _plain(key.annotation)
    if get_origin(annotation) is dict:
        return _rejection(key.names, {"!": _first_of_map(key.names, model)}, (*key.names, "!"), model)
    if section_in(annotation) is not None:
        return ""
    if get_origin(annotation) is not tuple:
        return _first(_rejection(key.names, value, key.names, model) for value in REJECTED.get(annotation, []))
    item = _plain(get_args(annotation)[0])
    each = _first(_rejection(key.names, [value], (*key.names, 0), model) for value in REJECTED[item])
    lists: list[list[Any]] = [[item(number) for number in range(101)], []]
    count = _first(_rejection(key.names, values, key.names, model) for values in lists)
    return "; ".join(dict.fromkeys(text for text in (each, count) if text))


def _first_of_map(names: tuple[str, ...], model: type[BaseModel]) -> Any:
    """A value of the map in the sample; an empty object where there is none."""
    value: Any = sample(model, names[0])
    for name in _name_first(value, (*names, "*")):
        value = value.get(name, {})
    return value


def _plain(annotation: Any) -> Any:
    """The type without what Annotated adds."""
    return _plain(get_args(annotation)[0]) if get_origin(annotation) is Annotated else annotation


def _first(texts: Iterator[str]) -> str:
    return next((text for text in texts if text), "")


def _rejection(names: tuple[str, ...], value: Any, location: tuple[int | str, ...], model: type[BaseModel]) -> str:
    """The end of the error at `location` when the key has this value; "" where it is accepted."""
    config = copy.deepcopy(sample(model, names[0]))
    names, location = _name_first(config, names), _name_first(config, location)
    _put(config, names, value)
    return next((_summary(describe(entry)) for entry in _errors(config, model) if entry["loc"] == location), "")


def _errors(config: dict[str, Any], model: type[BaseModel]) -> list[ErrorDetails]:
    try:
        model.model_validate(config)
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


def _summary(message: str) -> str:
    """Return the second part of "is X: what is allowed"."""
    if "not an AWS Region" in message:
        return "an AWS Region"
    _, _, text = message.partition(": ")
    text = _ALLOWED.sub("", text)
    return "" if text.startswith("expected ") or _ADVICE.match(text) else text


def is_required(key: Key, model: type[BaseModel]) -> bool:
    """Return True if the section is rejected without the key, whatever its default is, and with each other key left out
    as well: a secret that only one algorithm needs is not required."""
    config = copy.deepcopy(sample(model, key.names[0]))
    *path, last = _name_first(config, key.names)
    place: Any = config
    for name in path:
        place = place.get(name, {})
    place.pop(last, None)
    others = [name for name in place if path]
    return all(
        _is_missing(config, tuple(path), last, [*others[:index], *others[index + 1 :]], model)
        for index in range(len(others) + 1)
    )


def _is_missing(
    config: dict[str, Any], path: tuple[Any, ...], last: Any, kept: list[Any], model: type[BaseModel]
) -> bool:
    """True if the key `last` is missing in the section at `path` when that has the keys `kept` only."""
    config = copy.deepcopy(config)
    place: Any = config
    for name in path:
        place = place.get(name, {})
    for name in [name for name in place if path and name not in kept]:
        del place[name]
    missing = [(*path, last)] if place else [(*path, last), path]  # an empty section counts as none
    return any(entry["loc"] in missing for entry in _errors(config, model))


def _name_first(config: dict[str, Any], names: tuple[Any, ...]) -> tuple[Any, ...]:
    """The first name of a map in place of "*"."""
    found: list[Any] = []
    place = cast("dict[Any, Any]", config)
    for name in names:
        found.append(next(iter(place), "x") if name == "*" else name)
        inner: Any = place.get(found[-1])
        place = cast("dict[Any, Any]", inner) if isinstance(inner, dict) else {}
    return tuple(found)


def _put(config: dict[str, Any], names: tuple[Any, ...], value: Any) -> None:
    *path, last = names
    for name in path:
        config = config.setdefault(name, {})
    config[last] = value


def sample(model: type[BaseModel], key: str) -> dict[str, Any]:
    """A valid config with the required keys and the section `key`."""
    if model is PipelineSettings:
        return {
            "connectionArn": f"arn:aws:codeconnections:us-east-1:123456789012:connection/{'0' * 36}",
            "repository": "owner/name",
            "backend": "s3://bucket",
            "passphraseSecret": "arn:aws:secretsmanager:us-east-1:123456789012:secret:name",
        }
    config = _local_config() | {
        "strategy": next((name for name in STRATEGIES if section_name(name) == key), "fastest-origin"),
        "control": {"mode": "live"},
        "failover": {"paths": ["/assets/*"], "to": {"canary": "stable"}},
        "domain": {"aliases": ["www.your.example"], "hostedZoneId": "Z0123456789ABC"},
    }
    config.setdefault(key, _examples().get(key, {}))
    return {name: value for name, value in config.items() if name in ("origins", "strategy", "release", key)}


@cache
def _examples() -> dict[str, Any]:
    """Sections of the strategies that declare an example."""
    return {section_name(strategy): example(load(strategy).Options) for strategy in STRATEGIES}


@cache
def _local_config() -> dict[str, Any]:
    stack = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text(encoding="utf-8"))["config"]
    return {name.removeprefix("edge-router:"): value for name, value in stack.items()}
