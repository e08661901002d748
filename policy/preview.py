"""Resources as they are at preview: plain values, and the mark of what AWS has still to give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from cache_check.unread import may_be_distribution
from pulumi_state.resources import CACHE_POLICY, DISTRIBUTION, FUNCTION, ORIGIN_REQUEST_POLICY
from pulumi_state.values import UNKNOWN

_AWS = ("aws", "aws-native")
_UNKNOWN = frozenset(
    {
        UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # a boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # a list
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # an object
        "030794c1-ac77-496b-92df-f27374a8bd58",  # an asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # an archive
    }
)
"""Sent by the engine for a value that is known after the update (pulumi sdk/go/common/resource/plugin, rpc.go)."""


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


def plain_properties(given: Mapping[str, Any]) -> dict[str, Any]:
    """The properties with whole numbers, which a Struct has not, and one mark for everything unknown."""
    return {key: _plain(value) for key, value in given.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return plain_properties(cast("Mapping[str, Any]", value))
    if isinstance(value, list):
        return [_plain(item) for item in cast("list[Any]", value)]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return UNKNOWN if isinstance(value, str) and value in _UNKNOWN else value
