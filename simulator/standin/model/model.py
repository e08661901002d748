"""What one resource type is to the stand-in, and where it is created."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from simulator.standin.model.errors import Failure
from simulator.standin.model.rules import Rule
from simulator.standin.model.taken import Unique

Properties = Mapping[str, object]
ACCOUNT_ID = "123456789012"
"""The account number of AWS's own documentation; nothing is ever sent to it."""


@dataclass(frozen=True)
class Known:
    """A resource that exists in this deployment."""

    inputs: Properties
    outputs: Properties


@dataclass(frozen=True)
class Scope:
    """Where a provider works: its Region, its default tags, and what exists in the account by (type, id).

    `dynamodb_url` is the endpoint of a local DynamoDB that holds the tables' items, "" where there is none. `creators`
    are the URNs by which this process has created what exists, so that a create may be repeated.
    """

    region: str
    default_tags: Mapping[str, str] = field(default_factory=dict)
    existing: dict[tuple[str, str], Known] = field(default_factory=dict)
    dynamodb_url: str = ""
    creators: dict[tuple[str, str], str] = field(default_factory=dict)

    def find(self, token: str, **outputs: object) -> Known | None:
        """The existing resource of a type whose outputs have these values, or None."""
        for (kind, _), known in self.existing.items():
            if kind == token and all(known.outputs.get(key) == value for key, value in outputs.items()):
                return known
        return None

    def arn(self, service: str, resource: str, region: str | None = None) -> str:
        """An ARN in this account; `region` "" for global services."""
        where = self.region if region is None else region
        return f"arn:aws:{service}:{where}:{ACCOUNT_ID}:{resource}"


@dataclass(frozen=True)
class Creation:
    """What outputs are computed from: complete inputs, the id, the URN, and the outputs before (None: a create)."""

    inputs: Properties
    id: str
    urn: str
    scope: Scope
    before: Properties | None
    changed: frozenset[str]

    @property
    def region(self) -> str:
        """The resource's own `region` argument, which wins over the provider's."""
        region = self.inputs.get("region")
        return region if isinstance(region, str) else self.scope.region


@dataclass(frozen=True)
class ResourceModel:
    """One resource type of pulumi-aws 7.

    `args` names its Args class in pulumi_aws; of that class's properties those in `modelled` are answered for and
    the rest is refused by name. `replaces` are the properties whose change replaces the resource, `unordered` the
    lists AWS keeps as sets, `rules` the ranges and enumerations by property path, `check` what one property alone
    cannot tell. `named` (a length) lets the provider name the resource after its logical name, by the input
    `name_property`. `unique` are the names that two of them cannot share. `is_of_framework`: written with Terraform's
    plugin framework, whose half of Pulumi's bridge does not look at names when it replaces.
    """

    type: str
    args: str
    modelled: frozenset[str]
    identify: Callable[[Creation], str]
    compute: Callable[[Creation], dict[str, object]]
    replaces: frozenset[str]
    computed: frozenset[str]
    defaults: Mapping[str, object] = field(default_factory=dict)
    unordered: frozenset[str] = frozenset()
    rules: Mapping[str, Rule] = field(default_factory=dict)
    check: Callable[[Properties, Scope], Iterator[Failure]] = lambda _inputs, _scope: iter(())
    refuse_delete: Callable[[Properties], str] = lambda _outputs: ""
    named: int | None = None
    name_property: str = "name"
    unique: Unique | None = None
    is_of_framework: bool = False


def words(text: str) -> frozenset[str]:
    """A set of names written as one line of text."""
    return frozenset(text.split())


def digest(*parts: object) -> bytes:
    """SHA-256 over any JSON values: the only source of what AWS would draw at random."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(text.encode()).digest()


def drawn(alphabet: str, length: int, *parts: object) -> str:
    """`length` characters of `alphabet`, the same for the same parts."""
    number = int.from_bytes(digest(*parts), "big")
    letters: list[str] = []
    for _ in range(length):
        number, index = divmod(number, len(alphabet))
        letters.append(alphabet[index])
    return "".join(letters)


def child(properties: object, key: str) -> dict[str, object]:
    """The object at `key`, or an empty one when it is absent or not known yet."""
    value = properties.get(key) if isinstance(properties, Mapping) else None
    return value if isinstance(value, dict) else {}


def children(properties: object, key: str) -> list[dict[str, object]]:
    """The objects in the list at `key`; those not known yet are left out."""
    value = properties.get(key) if isinstance(properties, Mapping) else None
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def tags_all(creation: Creation) -> dict[str, object]:
    """The resource's tags over the provider's default tags, as `tagsAll` has them."""
    return {**creation.scope.default_tags, **child(creation.inputs, "tags")}
