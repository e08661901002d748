"""One resource as the program registers it: the request the language SDK sends, read once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pulumi_state.resources import STACK
from simulator.standin.model.errors import StandInError
from simulator.standin.model.wire import ARCHIVE, SIGNATURE, Secret, from_struct, rewrite

PROVIDER_PREFIX = "pulumi:providers:"
_UNMODELLED_OPTIONS = {
    "importId": "import_",
    "replaceOnChanges": "replace_on_changes",
    "replace_with": "replace_with",
    "deletedWith": "deleted_with",
    "transforms": "transforms",
}
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


@dataclass(frozen=True)
class Registration:
    """A RegisterResource request: identity, inputs (with `Secret` and `UNKNOWN`), and the options the engine keeps.

    `deletes_first` is delete_before_replace, None where the program leaves that to the provider.
    """

    urn: str
    type: str
    name: str
    parent: str
    is_custom: bool
    inputs: Mapping[str, object]
    provider: str
    version: str
    is_protected: bool
    options: Mapping[str, object]
    ignored: tuple[str, ...]
    aliases: tuple[str, ...]
    deletes_first: bool | None

    @classmethod
    def read(cls, request: Any, stack: str, project: str, root: Path) -> Registration:
        """Read a request from the wire. Errors: StandInError for an option that the stand-in does not model."""
        _refuse_options(request)
        inputs = {key: value for key, value in from_struct(request.object).items() if value is not None}
        return cls(
            urn=_urn(stack, project, request.parent, request.type, request.name),
            type=request.type,
            name=request.name,
            parent=request.parent,
            is_custom=request.custom,
            inputs={key: rewrite(value, lambda leaf: _hash(leaf, root)) for key, value in inputs.items()},
            provider=request.provider or request.providers.get(request.type.partition(":")[0], ""),
            version=request.version,
            is_protected=request.protect,
            options=_options(request),
            ignored=_ignored_properties(request),
            aliases=(*request.aliasURNs, *(_alias(one, request, stack, project) for one in request.aliases)),
            deletes_first=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        )

    def former(self, parent: str) -> list[str]:
        """The former URNs of a resource whose parent had the URN `parent` (step_generator.go: generateAliases).

        A name that begins with the parent's changes with it (inheritedChildAlias).
        """
        stack, project = parent.split("::")[0].removeprefix("urn:pulumi:"), parent.split("::")[1]
        now, before = self.parent.rpartition("::")[2], parent.rpartition("::")[2]
        found = list(self.aliases)
        for urn in (self.urn, *self.aliases):
            name, kind = urn.rpartition("::")[2], urn.split("::")[2].rpartition("$")[2]
            name = before + name.removeprefix(now) if name.startswith(now) else name
            found.append(_urn(stack, project, parent, kind, name))
        return found


def _refuse_options(request: Any) -> None:
    for field, option in _UNMODELLED_OPTIONS.items():
        if getattr(request, field):
            raise StandInError(
                f"the stand-in does not model the resource option {option} ({request.type} '{request.name}')"
            )
    if request.HasField("replacement_trigger") or request.hooks.ListFields():
        raise StandInError(f"the stand-in does not model replacement triggers and hooks ('{request.name}')")


def _ignored_properties(request: Any) -> tuple[str, ...]:
    for path in request.ignoreChanges:
        if not path.isidentifier():
            raise StandInError(f"the stand-in models ignore_changes of whole properties only, not {path!r}")
    return tuple(request.ignoreChanges)


def _options(request: Any) -> dict[str, object]:
    """Options as the engine writes them into the state beside inputs and outputs; absent when not set."""
    dependencies = {key: sorted(value.urns) for key, value in sorted(request.propertyDependencies.items())}
    timeouts = {key: _seconds(getattr(request.customTimeouts, key)) for key in ("create", "update", "delete")}
    found: dict[str, object] = {
        "dependencies": sorted(request.dependencies),
        "propertyDependencies": dependencies if request.type != STACK else {},
        "protect": request.protect,
        "retainOnDelete": request.retainOnDelete,
        "customTimeouts": {key: seconds for key, seconds in timeouts.items() if seconds},
        "ignoreChanges": list(request.ignoreChanges),
        "additionalSecretOutputs": list(request.additionalSecretOutputs),
    }
    return {key: value for key, value in found.items() if value}


def _seconds(duration: str) -> float:
    """Go's notation ("1h30m") in seconds, as the state has it."""
    total = sum(float(amount) * _SECONDS[unit] for amount, unit in re.findall(r"([\d.]+)(ms|h|m|s)", duration))
    return int(total) if total == int(total) else total


def _urn(stack: str, project: str, parent: str, kind: str, name: str) -> str:
    """The engine's name for a resource; parents' types are part of it, the stack's own is not."""
    parent_type = parent.split("::")[2] if parent else ""
    qualified = f"{parent_type}${kind}" if parent_type and parent_type != STACK else kind
    return f"urn:pulumi:{stack}::{project}::{qualified}::{name}"


def _alias(alias: Any, request: Any, stack: str, project: str) -> str:
    """The URN of a former name, type or parent; what an alias leaves out is as it is now."""
    if alias.WhichOneof("alias") == "urn":
        return alias.urn
    spec = alias.spec
    parent = "" if spec.noParent else spec.parentUrn or request.parent
    return _urn(
        spec.stack or stack, spec.project or project, parent, spec.type or request.type, spec.name or request.name
    )


def _hash(value: object, root: Path) -> object:
    """An archive on disk with its absolute path and the hash the engine computes, SHA-256 over the file."""
    if isinstance(value, Secret):
        return Secret(_hash(value.value, root))
    if not isinstance(value, dict):
        return value
    fields = cast("dict[str, object]", value)
    if fields.get(SIGNATURE) != ARCHIVE or not isinstance(written := fields.get("path"), str):
        return fields
    path = root / written
    if not path.is_file():
        return {**fields, "path": str(path)}
    return {**fields, "hash": hashlib.sha256(path.read_bytes()).hexdigest(), "path": str(path)}
