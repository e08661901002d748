"""Calls counted by Region, table and operation."""

import collections

Counts = dict[str, dict[str, dict[str, int]]]
"""Region → table → operation → calls."""


class CallCounters:
    """`requests` are all calls that arrived, `failed` those that a fault or an error answered."""

    def __init__(self) -> None:
        self._requests: collections.Counter[tuple[str, str, str]] = collections.Counter()
        self._failed: collections.Counter[tuple[str, str, str]] = collections.Counter()
        self._replicated: collections.Counter[tuple[str, str, str]] = collections.Counter()

    def add(self, region: str, tables: tuple[str, ...], operation: str) -> None:
        """A call came in; one that names no table counts under "-"."""
        self._requests.update((region, table, operation) for table in tables or ("-",))

    def add_failure(self, region: str, tables: tuple[str, ...], operation: str) -> None:
        self._failed.update((region, table, operation) for table in tables or ("-",))

    def add_replicated(self, region: str, table: str, operation: str) -> None:
        """Another Region's write was applied in this one."""
        self._replicated[region, table, operation] += 1

    def reset(self) -> None:
        for counter in (self._requests, self._failed, self._replicated):
            counter.clear()

    def as_dict(self) -> dict[str, Counts]:
        """{"requests": …, "failed": …, "replicated": …}, each Region → table → operation → number."""
        return {
            "requests": _nest(self._requests),
            "failed": _nest(self._failed),
            "replicated": _nest(self._replicated),
        }


def _nest(counter: collections.Counter[tuple[str, str, str]]) -> Counts:
    nested: Counts = {}
    for (region, table, operation), number in sorted(counter.items()):
        nested.setdefault(region, {}).setdefault(table, {})[operation] = number
    return nested
