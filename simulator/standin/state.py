"""The state file, in the shape of `pulumi stack export`, without the plain text of any secret."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, cast

from pulumi_state.resources import STACK, parse_state, read_entries
from pulumi_state.values import SECRET, SIGNATURE, StateError
from pulumi_state.values import UNKNOWN as UNKNOWN_TEXT
from simulator.standin.config.text_file import TextFileError, read_text
from simulator.standin.model.errors import StandInError
from simulator.standin.model.wire import UNKNOWN, Secret, rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

VERSION = 3
KEPT = "keptInTheAccount"


class _Withheld:
    """The placeholder of a secret's value once it was written to a state."""

    def __repr__(self) -> str:
        return "[withheld]"


WITHHELD = _Withheld()


def encode(properties: Mapping[str, object], *, shows_secrets: bool = False) -> dict[str, object]:
    """Properties as the state has them, keys in order; a secret keeps its place and, unless shown, loses its value."""
    encode = _encode_shown if shows_secrets else _encode
    return {key: rewrite(properties[key], encode) for key in sorted(properties) if properties[key] is not None}


def _encode(value: object) -> object:
    if isinstance(value, Secret):
        return {SIGNATURE: SECRET, "ciphertext": ""}
    return _in_place(value, _encode)


def _encode_shown(value: object) -> object:
    """Encode a secret as `pulumi stack export --show-secrets` has it: by its JSON."""
    if isinstance(value, Secret):
        return {SIGNATURE: SECRET, "plaintext": json.dumps(rewrite(value.value, _encode_shown))}
    return _in_place(value, _encode_shown)


def _in_place(value: object, encode: Callable[[object], object]) -> object:
    """Keys in order, and the wire's text for what is unknown."""
    if value is UNKNOWN:
        return UNKNOWN_TEXT
    if isinstance(value, dict) and list(value) != sorted(value):
        return {key: rewrite(value[key], encode) for key in sorted(value)}
    return value


def decode(properties: object) -> dict[str, object]:
    """The reverse of `encoded`; what was secret is `Secret(WITHHELD)`."""
    if not isinstance(properties, dict):
        return {}
    return {key: rewrite(value, _decode) for key, value in properties.items()}


def _decode(value: object) -> object:
    if isinstance(value, dict) and value.get(SIGNATURE) == SECRET:
        return Secret(WITHHELD)
    return UNKNOWN if value == UNKNOWN_TEXT else value


def recall(stored: object, current: object) -> object:
    """`stored` with every withheld secret taken from the same place in `current`, if there is a secret there too.

    A state cannot tell whether a secret changed, so one that is secret before and after counts as the same.
    """
    if isinstance(stored, Secret):
        return current if isinstance(current, Secret) else stored
    if isinstance(stored, dict) and isinstance(current, dict):
        return {key: recall(value, current.get(key)) for key, value in stored.items()}
    if isinstance(stored, list) and isinstance(current, list):
        padded = [*current, *[None] * len(stored)]
        return [recall(value, padded[index]) for index, value in enumerate(stored)]
    return stored


def in_order(resources: Mapping[str, dict[str, object]]) -> list[dict[str, object]]:
    """The stack first, everything after what it needs, otherwise by URN: a program registers in varying order."""
    ordered: dict[str, dict[str, object]] = {}

    def visit(urn: str) -> None:
        if urn in ordered or urn not in resources:
            return
        for needed in _list_needed(resources[urn]):
            visit(needed)
        ordered[urn] = resources[urn]

    for urn in sorted(resources, key=lambda urn: (resources[urn]["type"] != STACK, urn)):
        visit(urn)
    return list(ordered.values())


def _list_needed(resource: Mapping[str, object]) -> list[str]:
    depended = resource.get("dependencies")
    urns = [str(urn) for urn in cast("list[object]", depended)] if isinstance(depended, list) else []
    return [str(resource.get("parent", "")), str(resource.get("provider", "")).rpartition("::")[0], *urns]


def deployment(
    resources: Iterable[dict[str, object]], time: str, kept: Iterable[Mapping[str, object]] = ()
) -> dict[str, object]:
    """A whole state around its resources; `time` in RFC 3339. `kept` are in the account and no longer of the stack.

    Pulumi forgets those. They are in the metadata, for nothing else here knows what the account has.
    """
    manifest = {"time": time, "magic": "", "version": ""}
    metadata = {KEPT: list(kept)} if kept else {}
    return {
        "version": VERSION,
        "deployment": {"manifest": manifest, "resources": list(resources), "metadata": metadata},
    }


def list_leftovers(state: Mapping[str, object]) -> list[dict[str, object]]:
    """Return the resources that earlier updates left in the account."""
    inner = state.get("deployment")
    metadata = inner.get("metadata") if isinstance(inner, dict) else None
    kept = metadata.get(KEPT) if isinstance(metadata, dict) else None
    return [one for one in kept if isinstance(one, dict) and "type" in one] if isinstance(kept, list) else []


def read_resources(state: Mapping[str, object]) -> list[dict[str, object]]:
    """The resources of a state, its own or exported. Errors: StandInError."""
    try:
        return read_entries(state)
    except StateError as error:
        raise StandInError(str(error)) from None


def read_state(path: Path) -> dict[str, object]:
    """The state in a file. Errors: StandInError names the file when it is missing or not a state."""
    try:
        return parse_state(read_text(path))
    except (TextFileError, StateError) as error:
        raise StandInError(f"{path}: {error}") from None


def write_state(path: Path, state: Mapping[str, object]) -> None:
    """Write a state, readable by its owner only, whole or not at all."""
    text = json.dumps(state, indent=4)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{text}\n")
    unfinished.replace(path)
