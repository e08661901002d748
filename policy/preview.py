"""Resources as they are at preview: plain values, and the mark of what AWS has still to give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from cache_check.unread import may_be_distribution
from pulumi_state.resources import CACHE_POLICY, DISTRIBUTION, FUNCTION, ORIGIN_REQUEST_POLICY
from pulumi_state.values import UNKNOWN

_AWS = ("aws", "aws-native")
_MOST_LEVELS = 100


@dataclass(frozen=True)
class Seen:
    """One resource. `needs` are the URNs that each property depends on; components have no provider."""

    urn: str
    type: str
    properties: Mapping[str, Any]
    has_provider: bool = True
    needs: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])

    @property
    def name(self) -> str:
        return self.urn.rpartition("::")[2]

    @property
    def is_custom(self) -> bool:
        return self.has_provider or self.type.partition(":")[0] in _AWS

    @property
    def id(self) -> str:
        """The ID, or the URN in its place where it is not known."""
        found = self.properties.get("id")
        return found if isinstance(found, str) and found not in ("", UNKNOWN) else self.urn


def is_read(kind: str) -> bool:
    """Return whether the check looks at resources of a type."""
    return kind in (DISTRIBUTION, CACHE_POLICY, ORIGIN_REQUEST_POLICY, FUNCTION) or may_be_distribution(kind)


def plain_properties(given: Mapping[str, Any], unknown: type[Exception]) -> dict[str, Any]:
    """The properties as JSON. `unknown` is what reading an unknown value raises; assets count as absent."""
    return cast("dict[str, Any]", _plain(given, unknown, 0))


def _plain(value: Any, unknown: type[Exception], level: int) -> Any:
    if level > _MOST_LEVELS:
        return None
    if isinstance(value, Mapping):
        given = cast("Mapping[str, Any]", value)
        return {key: _item(given, key, unknown, level) for key in given}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        listed = cast("Sequence[Any]", value)
        return [_item(listed, index, unknown, level) for index in range(len(listed))]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float | bool) else None


def _item(of: Any, key: Any, unknown: type[Exception], level: int) -> Any:
    try:
        return _plain(of[key], unknown, level + 1)
    except unknown:
        return UNKNOWN
