"""Names that AWS gives away once: who asks for one that is taken is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from simulator.standin.model.model import Known, Properties


@dataclass(frozen=True)
class Unique:
    """What a resource of one type has for itself alone; `error` is what AWS answers to the second that asks for it.

    `names` are of (inputs, Region).
    """

    error: str
    names: Callable[[Properties, str], Iterable[object]]


def in_account(error: str, key: str = "name") -> Unique:
    """A name that is there once in the account, or in the world."""
    return Unique(error, lambda inputs, _region: [inputs.get(key)])


def in_region(error: str, key: str = "name") -> Unique:
    """A name that is there once in each Region."""
    return Unique(error, lambda inputs, region: [(region, inputs.get(key))])


def refusal(
    kind: str, unique: Unique, inputs: Properties, region: str, existing: Mapping[tuple[str, str], Known]
) -> str:
    """What AWS says to a new resource whose name another one has; "" where it is free."""
    wanted = set(unique.names(inputs, region))
    for (other, identity), known in existing.items():
        if other != kind or identity.startswith("planned "):
            continue
        there = str(known.outputs.get("region") or region)
        if wanted & set(unique.names(known.inputs, there)):
            return f"the name {_name(inputs)!r} is taken by a resource that is there already ({unique.error})"
    return ""


def _name(inputs: Properties) -> object:
    return next((inputs[key] for key in ("name", "bucket", "statementId", "tableName") if key in inputs), "")
