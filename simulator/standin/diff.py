"""Changed inputs of a resource, by property path."""

import json
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from simulator.standin.model.wire import is_asset


class PathChange(NamedTuple):
    """One changed input: where, and whether it came, went or got another value."""

    path: str
    kind: Literal["add", "delete", "update"]

    @property
    def top(self) -> str:
        """The resource's own property that the path begins with."""
        return self.path.partition(".")[0].partition("[")[0]


def changes(old: Mapping[str, object], new: Mapping[str, object], unordered: frozenset[str]) -> list[PathChange]:
    """Every changed path from `old` to `new`; lists named in `unordered` are compared as sets, archives by hash."""
    return list(_objects(old, new, "", unordered))


def _objects(
    old: Mapping[str, object], new: Mapping[str, object], path: str, unordered: frozenset[str]
) -> Iterator[PathChange]:
    for key in sorted(old.keys() | new.keys()):
        where = f"{path}.{key}" if path else key
        yield from _values(old.get(key), new.get(key), where, unordered, key in unordered)


def _values(
    old: object, new: object, path: str, unordered: frozenset[str], is_set: bool = False
) -> Iterator[PathChange]:
    if _same(old, new):
        return
    if old is None:
        yield PathChange(path, "add")
    elif new is None:
        yield PathChange(path, "delete")
    elif isinstance(old, dict) and isinstance(new, dict) and not is_asset(new):
        yield from _objects(old, new, path, unordered)
    elif isinstance(old, list) and isinstance(new, list):
        first, second = (_sort(old), _sort(new)) if is_set else (old, new)
        yield from _lists(first, second, path, unordered)
    else:
        yield PathChange(path, "update")


def _lists(old: list[object], new: list[object], path: str, unordered: frozenset[str]) -> Iterator[PathChange]:
    for index in range(max(len(old), len(new))):
        before = old[index] if index < len(old) else None
        after = new[index] if index < len(new) else None
        yield from _values(before, after, f"{path}[{index}]", unordered)


def _same(old: object, new: object) -> bool:
    if is_asset(old) and is_asset(new):
        return _fingerprint(old) == _fingerprint(new)
    return old == new and isinstance(old, bool) == isinstance(new, bool)


def _fingerprint(value: object) -> object:
    return value.get("hash") or value if isinstance(value, dict) else value


def _sort(items: list[object]) -> list[object]:
    return sorted(items, key=lambda item: json.dumps(item, sort_keys=True, default=repr))
