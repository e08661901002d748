"""Value rules: each takes one input and returns "", or the error with the allowed values; and readers of inputs."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import cast

import botocore.loaders

from simulator.standin.model.errors import Failure

Rule = Callable[[object], str]


@cache
def aws_values(service: str, shape: str) -> tuple[str, ...]:
    """The values of an enumeration in botocore's own model of the service."""
    model = botocore.loaders.Loader().load_service_model(service, "service-2")
    return tuple(model["shapes"][shape]["enum"])


def between(low: int, high: int) -> Rule:
    """A number from `low` to `high`, both included."""

    def rule(value: object) -> str:
        if not isinstance(value, (int, float)) or low <= value <= high:
            return ""
        return f"is {value}: AWS allows {low} to {high}"

    return rule


def among(*allowed: str | int) -> Rule:
    """One of the values given."""
    return _one_of(lambda: allowed)


def among_aws(service: str, shape: str) -> Rule:
    """One of the values of an enumeration of AWS's API."""
    return _one_of(lambda: aws_values(service, shape))


def _one_of(allowed: Callable[[], tuple[str | int, ...]]) -> Rule:
    def rule(value: object) -> str:
        if not isinstance(value, (str, int)) or value in allowed():
            return ""
        return f"is {value!r}: AWS allows {', '.join(map(str, allowed()))}"

    return rule


def matching(pattern: str, meaning: str) -> Rule:
    """A string that matches the whole pattern; `meaning` says it in words."""
    compiled = re.compile(pattern)

    def rule(value: object) -> str:
        if not isinstance(value, str) or compiled.fullmatch(value):
            return ""
        return f"is {value!r}: must be {meaning}"

    return rule


def rule_failures(rules: Mapping[str, Rule], inputs: Mapping[str, object]) -> Iterator[Failure]:
    """Apply rules keyed by property path; `[*]` stands for every element of a list."""
    for path, rule in rules.items():
        for where, value in _at(path, inputs):
            if reason := rule(value):
                yield Failure(where, reason)


def _at(path: str, inputs: Mapping[str, object]) -> list[tuple[str, object]]:
    places: list[tuple[str, object]] = [("", inputs)]
    for step in re.findall(r"[^.\[\]]+|\[\*\]", path):
        places = [deeper for place in places for deeper in _step(step, *place)]
    return places


def _step(step: str, where: str, value: object) -> list[tuple[str, object]]:
    if step == "[*]":
        return [(f"{where}[{i}]", item) for i, item in enumerate(value)] if isinstance(value, list) else []
    if not isinstance(value, dict) or value.get(step) is None:
        return []
    return [(f"{where}.{step}" if where else step, value[step])]


def _value(properties: object, key: str) -> object:
    return cast("Mapping[str, object]", properties).get(key) if isinstance(properties, Mapping) else None


def child(properties: object, key: str) -> dict[str, object]:
    """The object at `key`, or an empty one when it is absent or not known yet."""
    value = _value(properties, key)
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def children(properties: object, key: str) -> list[dict[str, object]]:
    """The objects in the list at `key`; those not known yet are left out."""
    value = _value(properties, key)
    items = cast("list[dict[str, object]]", value) if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]


def numbered_children(properties: object, key: str, path: str = "") -> list[tuple[str, dict[str, object]]]:
    """The same with the property path of each, below `path`."""
    prefix = f"{path}.{key}" if path else key
    return [(f"{prefix}[{index}]", item) for index, item in enumerate(children(properties, key))]


def numbered_items(properties: Mapping[str, object], key: str) -> list[tuple[str, object]]:
    """(path, item) of the list at `key`, empty when it is absent or not known yet."""
    value = properties.get(key)
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [(f"{key}[{index}]", item) for index, item in enumerate(items)]
