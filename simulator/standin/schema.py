"""The properties that a resource of pulumi-aws takes, with their types, read from its own Args classes."""

import importlib
import inspect
import types
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cache
from typing import Union, get_args, get_origin

import pulumi
from pulumi._types import input_type_py_to_pulumi_names, input_type_types, is_input_type

from simulator.standin.model.errors import Failure
from simulator.standin.model.wire import UNKNOWN, is_asset
from simulator.standin.modules import quiet_pulumi_aws
from stats.edit_distance import closest

_PLAIN = {str: "a string", bool: "a boolean", int: "a whole number", float: "a number"}


@cache
def args_class(name: str) -> type:
    """The class `pulumi_aws.<name>`, such as "dynamodb.TableArgs"; imported when first asked for (it takes 0.2 s).

    Those of another provider have its package before them: "pulumi_random.RandomPasswordArgs".
    """
    module, _, attribute = name.rpartition(".")
    package = module if module.startswith("pulumi_") else f"pulumi_aws.{module}"
    with quiet_pulumi_aws():
        return getattr(importlib.import_module(package), attribute)


@cache
def property_types(cls: type) -> Mapping[str, object]:
    """Every property of an Args class in Pulumi's spelling (camelCase) with its declared type."""
    return input_type_types(cls)


@cache
def required_properties(cls: type) -> frozenset[str]:
    """The properties an Args class cannot be built without."""
    names = input_type_py_to_pulumi_names(cls)
    parameters = inspect.signature(cls).parameters.values()
    return frozenset(names[p.name] for p in parameters if p.default is p.empty and p.name in names)


def violations(cls: type, value: Mapping[str, object], path: str = "") -> Iterator[Failure]:
    """Every unknown, missing or wrongly typed property of `value` against the Args class, by path."""
    properties = property_types(cls)
    for key in value.keys() - properties.keys():
        yield Failure(_join(path, key), f"pulumi-aws has no such property{_did_you_mean(key, properties)}")
    for key in sorted(required_properties(cls) - {key for key, item in value.items() if item is not None}):
        yield Failure(_join(path, key), "is required")
    for key, item in value.items():
        if key in properties and item is not None:
            yield from _type_failures(properties[key], item, _join(path, key))


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _did_you_mean(key: str, known: Mapping[str, object]) -> str:
    meant = closest(key, known)
    return f", did you mean {meant!r}?" if meant else ""


def _type_failures(declared: object, value: object, path: str) -> Iterator[Failure]:
    if value is UNKNOWN:
        return
    found = [list(_as_one(alternative, value, path)) for alternative in _alternatives(declared)]
    if found and all(found):
        # Of several alternatives the one that got deepest tells most: {…} against a class, not against a string.
        yield from max(found, key=lambda failures: max(len(failure.path) for failure in failures))


def _alternatives(declared: object) -> list[object]:
    """The members of an Input[…] without Output, Awaitable, None and the TypedDict twins."""
    if get_origin(declared) not in (Union, types.UnionType):
        return [declared]
    inner = [alternative for member in get_args(declared) for alternative in _alternatives(member)]
    return [one for one in inner if get_origin(one) not in (pulumi.Output, Awaitable) and one is not type(None)]


def _as_one(declared: object, value: object, path: str) -> Iterator[Failure]:
    origin, arguments = get_origin(declared), get_args(declared)
    if origin is Sequence:
        yield from _items(arguments[0], value, path)
    elif origin is Mapping:
        yield from _entries(arguments[1], value, path)
    elif isinstance(declared, type) and is_input_type(declared):
        yield from violations(declared, value, path) if isinstance(value, dict) else _not("an object", path)
    elif declared in (pulumi.Archive, pulumi.Asset):
        yield from () if is_asset(value) else _not("an archive", path)
    elif isinstance(declared, type) and not _is_plain(declared, value):
        yield from _not(_PLAIN.get(declared, "a string"), path)


def _items(declared: object, value: object, path: str) -> Iterator[Failure]:
    if not isinstance(value, list):
        yield from _not("a list", path)
        return
    for index, item in enumerate(value):
        yield from _type_failures(declared, item, f"{path}[{index}]")


def _entries(declared: object, value: object, path: str) -> Iterator[Failure]:
    if not isinstance(value, dict):
        yield from _not("an object", path)
        return
    for key, item in value.items():
        yield from _type_failures(declared, item, f'{path}["{key}"]')


def _not(expected: str, path: str) -> Iterator[Failure]:
    yield Failure(path, f"must be {expected}")


def _is_plain(declared: type, value: object) -> bool:
    """Numbers are one kind on the wire; a boolean is not a number there though it is in Python."""
    if declared is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if declared is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str if issubclass(declared, Enum) else declared)
