"""A component's inputs as a stack: what is plain at once, and what other resources give as soon as it is known."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import pulumi

from infra.config.base_model import validate
from infra.config.errors import Location, SettingsError, full_key
from infra.inputs.deferrable import DEFERRABLE, SECRET, StackValues, deferrable, value_until_then
from infra.naming.resource_names import OWN_COMPONENT, component_error, length_errors, project_error, stack_error
from infra.settings.model import KNOWN_LATER, Settings
from infra.settings.private_origins import private_resources
from infra.settings.stack import Stack

START = "inputs."
"""Begins the name of a setting in messages, as Pulumi's SDKs call what a program gives to a component."""
_ADDRESS = ("domainName", "bucket", "region", "functionUrl")


class InputsError(SettingsError, pulumi.RunError):
    """Invalid inputs of a component, each by its property path. A program ends with them without a traceback."""


def read_inputs(name: str, prefix: str, inputs: Mapping[str, pulumi.Input[Any]]) -> StackValues:
    """Return the stack of a component of this name; InputsError with every mistake.

    `prefix` begins physical names, "" for project, stack and name. An Output is checked when its value is known.
    """
    reader = _Reader(name, prefix)
    shape = reader.shape(inputs, ())
    later = reader.later
    try:
        if reader.misplaced:
            raise SettingsError([*map(_format_misplaced, reader.misplaced)])
        stack = reader.stack(shape, {})
        if stack.settings.demo.hosts or stack.settings.demo.tiers:
            raise SettingsError([f"{START}demo is for the project's own stacks: leave it out"])
        if errors := length_errors(stack.short_names(), f"Give a shorter beginning of names: {START}namePrefix"):
            raise SettingsError(errors)
    except SettingsError as error:
        raise InputsError(error.errors) from None
    if not later:
        return StackValues.plain(stack)
    values = [pulumi.Output.unsecret(value) if deferrable(path) in SECRET else value for path, value in later.items()]
    secrecy = [pulumi.Output.from_input(value.is_secret()) for value in later.values()]
    settled = pulumi.Output.all(pulumi.Output.all(*values), pulumi.Output.all(*secrecy)).apply(
        lambda known: reader.settle(shape, known[0], known[1])
    )
    return StackValues(stack, settled, reader.known_later)


def _format_misplaced(path: Location) -> str:
    return (
        f"{full_key(START, path)} is an Output: it decides which resources there are or what they are called, and has"
        f" to be a plain value. Outputs may be {', '.join(DEFERRABLE)}"
    )


def _empty(path: Location) -> str:
    """Return the error of an Output without a value: what would not be there without it is there already."""
    return f"{full_key(START, path)} is an Output that came to nothing: leave it out to do without"


class _Reader:
    """Reads the inputs of one component. `later` are its Outputs by path."""

    def __init__(self, name: str, prefix: str) -> None:
        self._name, self._prefix = name, prefix
        self.later: dict[Location, pulumi.Output[Any]] = {}
        self.misplaced: list[Location] = []

    @property
    def known_later(self) -> frozenset[str]:
        """The origins whose addresses are Outputs."""
        return frozenset(str(path[1]) for path in self.later if path[0] == "origins" and path[2] in _ADDRESS)

    def shape(self, value: object, path: Location, siblings: Mapping[str, Any] | None = None) -> Any:
        """Return the inputs without Outputs, each replaced by a value of its kind, and without what is not set."""
        if isinstance(value, pulumi.Output) or inspect.isawaitable(value):
            if not deferrable(path):
                self.misplaced.append(path)
                return None
            self.later[path] = pulumi.Output.from_input(cast("pulumi.Input[Any]", value))
            return value_until_then(path, siblings or {})
        if isinstance(value, Mapping):
            given = cast("Mapping[str, object]", value)
            return {key: self.shape(one, (*path, key), given) for key, one in given.items() if one is not None}
        if isinstance(value, (list, tuple)):
            items = cast("Sequence[object]", value)
            return [self.shape(one, (*path, index)) for index, one in enumerate(items)]
        return _plain(value, path)

    def stack(self, raw: Mapping[str, object], secret: Mapping[Location, object]) -> Stack:
        """Return the stack of these inputs; SettingsError otherwise, which shows nothing of what is secret."""
        project, stack = pulumi.get_project(), pulumi.get_stack()
        errors = [project_error(project), stack_error(stack), component_error(self._name)]
        keys = {str(path[0]) for path in secret}
        try:
            settings = validate(Settings, raw, START, keys, {KNOWN_LATER: self.known_later})
        except SettingsError as error:
            raise SettingsError([*filter(None, errors), *error.errors]) from None
        if errors := [*filter(None, errors), *_attached_twice(settings, self.known_later)]:
            raise SettingsError(errors)
        is_own = self._name == OWN_COMPONENT
        prefix = self._prefix or ("" if is_own else f"{project}-{stack}-{self._name}")
        return Stack(project, stack, settings, "" if is_own else self._name, prefix, START)

    def settle(self, shape: Mapping[str, object], values: Sequence[object], secrecy: Sequence[bool]) -> Stack:
        """Return the stack with the values; InputsError with every mistake in them."""
        found = dict(zip(self.later, values, strict=True))
        if errors := [_empty(path) for path, value in found.items() if value in ("", None)]:
            raise InputsError(errors)
        secret = {path: found[path] for path, is_secret in zip(self.later, secrecy, strict=True) if is_secret}
        try:
            return self.stack(_fill(shape, found, ()), secret)
        except SettingsError as error:
            raise InputsError(error.errors) from None


def _fill(shape: Any, values: Mapping[Location, object], path: Location) -> Any:
    """Return the inputs with the values at their paths."""
    if path in values:
        return _plain(values[path], path)
    if isinstance(shape, dict):
        given = cast("dict[str, object]", shape)
        return {key: _fill(one, values, (*path, key)) for key, one in given.items()}
    if isinstance(shape, list):
        return [_fill(one, values, (*path, index)) for index, one in enumerate(cast("list[object]", shape))]
    return shape


def _plain(value: object, path: Location) -> object:
    """Return whole numbers as such, for Pulumi's wire has only one kind, and a function URL's host, as AWS's output
    is a URL.
    """
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and deferrable(path) == "origins.*.functionUrl":
        return value.removeprefix("https://").removesuffix("/")
    return value


def _attached_twice(settings: Settings, known_later: frozenset[str]) -> Iterator[str]:
    """Yield the errors of buckets whose policy two resources would write, because they turned out to be one."""
    for bucket, origins in private_resources(settings).items():
        first, *others = [name for name, one in origins.items() if one.bucket and one.attach_policy] or [""]
        for name in others if known_later & origins.keys() else ():
            yield (
                f"{START}origins.{name}.attachPolicy is true, as that of {first}, whose bucket is the same, {bucket!r}:"
                " a bucket has one policy. Set it to true for one of them"
            )
