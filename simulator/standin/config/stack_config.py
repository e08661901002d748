"""A stack's settings, read and checked as the Pulumi CLI does: defaults, the stack's file, overrides, secrets."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, cast

from simulator.standin.config.override import Override, override_config
from simulator.standin.config.passphrase import Decrypter, is_sealed
from simulator.standin.config.project_file import ConfigType, Project, full_key, is_of_type, read_project
from simulator.standin.config.yaml_file import load_yaml
from simulator.standin.model.errors import StackConfigError
from stats.edit_distance import closest


class Mismatch(NamedTuple):
    """A value that the engine rejects by Pulumi.yaml: its key, the declared type, and the engine's message."""

    key: str
    type: ConfigType | None
    message: str


@dataclass(frozen=True)
class StackConfig:
    """The content of PULUMI_CONFIG: text per namespaced key (lists and objects as JSON), and the keys of secrets.

    `mismatches` is what the engine rejects before it runs a program; empty in what `read_stack_config` returns.
    """

    project: str
    values: Mapping[str, str] = field(repr=False)
    secret_keys: frozenset[str]
    mismatches: Sequence[Mismatch] = ()


def read_stack_config(
    stack: str, *, project: Path, overrides: Sequence[Override] = (), environment: Mapping[str, str] = os.environ
) -> StackConfig:
    """The settings of a stack as the engine takes them: the first value that it rejects is an error.

    Arguments and errors as for `read_unchecked_config`.
    """
    config = read_unchecked_config(stack, project=project, overrides=overrides, environment=environment)
    for mismatch in config.mismatches:
        raise StackConfigError(mismatch.message, mismatch.key)
    return config


def read_unchecked_config(
    stack: str, *, project: Path, overrides: Sequence[Override] = (), environment: Mapping[str, str] = os.environ
) -> StackConfig:
    """The settings of `Pulumi.<stack>.yaml` under the project's defaults and the overrides.

    An override is KEY=VALUE in the syntax of `pulumi config set --path`: `canaryPercent=12.5`,
    `origins.canary.port=8443`, `stickySession.replicas[0]=eu-west-1`, `origins["a b"].path=/x`. Inside a path, true,
    false and whole numbers are typed; a top-level key takes text. A `Setting` has a list or an object, which takes the
    place of what is there. Errors: StackConfigError names file and key.
    """
    declared = read_project(project / "Pulumi.yaml")
    file = find_stack_file(stack, project)
    raw = load_yaml(file)
    config: object = raw.get("config") or {}
    if not isinstance(config, dict):
        raise StackConfigError(f"{file}: config must be an object")
    found = named_config(cast("Mapping[object, object]", config), file)
    secret_keys = {key for key, value in found.items() if _holds_sealed(value)}
    for override in overrides:
        key, found = override_config(found, override, declared.name)
        # What is declared secret stays one when it is given on the command line.
        secret_keys |= {key} if key in declared.config and declared.config[key].is_secret else set()
    decrypter = Decrypter(raw.get("encryptionsalt"), environment, file.name)
    opened = {key: _open(value, key, decrypter) for key, value in found.items()}
    defaults = {key: one.default for key, one in declared.config.items() if one.default is not None}
    merged = {**defaults, **opened}
    values = {key: _text(value) for key, value in merged.items()}
    mismatches = tuple(_mismatches(stack, declared, opened, secret_keys))
    return StackConfig(declared.name, values, frozenset(secret_keys), mismatches)


def stacks(project: Path) -> tuple[str, ...]:
    """The stacks that have a file, by name."""
    files = (path for path in project.glob("Pulumi.?*.yaml") if path.is_file())
    return tuple(sorted(path.name.split(".", 1)[1].rsplit(".", 1)[0] for path in files))


def find_stack_file(stack: str, project: Path) -> Path:
    """The path with the stack's name, if anything is there: whoever reads it says what is wrong with it."""
    file = project / f"Pulumi.{stack}.yaml"
    if "/" in stack or "\0" in stack or not os.path.lexists(file):
        known = stacks(project)
        meant = closest(stack, known)
        hint = f" Did you mean {meant!r}?" if meant else ""
        raise StackConfigError(
            f"there is no stack {stack!r}; the stacks are {', '.join(known) or 'none'}.{hint}", "--stack"
        )
    return file


def named_config(config: Mapping[object, object], file: Path) -> dict[str, object]:
    """The settings by full key. Errors: StackConfigError where two keys of the file are the same one."""
    written: dict[str, str] = {}
    for key in map(str, config):
        if ":" not in key:
            raise StackConfigError(f"{file.name}: the key {key} has no namespace; write edge-router:{key} or aws:{key}")
        full = full_key(key, "")
        if full in written:
            raise StackConfigError(f"{file}: the key {full} is there twice, as {written[full]} and as {key}", full)
        written[full] = key
    return {full_key(str(key), ""): value for key, value in config.items()}


def _open(value: object, where: str, decrypter: Decrypter) -> object:
    if isinstance(value, dict):
        if is_sealed(value):
            return decrypter.open(where, str(value["secure"]))
        return {_name(key): _open(item, f"{where}.{_name(key)}", decrypter) for key, item in value.items()}
    if isinstance(value, list):
        return [_open(item, f"{where}[{index}]", decrypter) for index, item in enumerate(value)]
    # Go prints a whole number without ".0", however it was written.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _name(key: object) -> str:
    """A key of an object as text; YAML lets it be a number or a boolean."""
    return str(key).lower() if isinstance(key, bool) else str(key)


def _mismatches(
    stack: str, project: Project, config: Mapping[str, object], secret_keys: set[str]
) -> Iterator[Mismatch]:
    """The engine's checks, in its order."""
    missing = sorted(key for key, one in project.config.items() if one.default is None and key not in config)
    for key in missing:
        yield Mismatch(key, None, f"stack {stack!r} is missing a value for {', '.join(missing)}")
    for key, one in sorted(project.config.items()):
        if key not in config or one.type is None:
            continue
        value = config[key]
        if one.is_secret and key not in secret_keys:
            yield Mismatch(key, None, f"stack {stack!r}: {key} must be encrypted: run `pulumi config set --secret`")
        # A plain value is text to the engine whatever YAML made of it.
        plain = value if isinstance(value, (dict, list)) else _text(value)
        if not is_of_type(one.type, plain):
            yield Mismatch(key, one.type, f"stack {stack!r}: {key} must be of type {one.type}")


def _text(value: object) -> str:
    """A value as PULUMI_CONFIG has it; an empty key ("key:") is empty text there."""
    if isinstance(value, str) or value is None:
        return value or ""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False, default=str)


def _holds_sealed(value: object) -> bool:
    if is_sealed(value):
        return True
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(_holds_sealed, cast("Iterable[object]", items)))
