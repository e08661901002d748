"""A resource type as the stand-in models it, and the account that it is created in."""

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from simulator.standin.model.errors import Failure
from simulator.standin.model.rules import Rule, child

Properties = Mapping[str, object]
ACCOUNT_ID = "123456789012"
"""The account number of AWS's own documentation; nothing is ever sent to it."""
CREATED_AT = "2026-01-01T00:00:00Z"
HEX = "0123456789abcdef"
LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"
UPPER = LOWER.upper()
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True)
class Known:
    """A resource that exists in this deployment."""

    inputs: Properties
    outputs: Properties


@dataclass(frozen=True)
class Scope:
    """A provider's Region and default tags, and what exists in the account by (type, id).

    `dynamodb_url` is the endpoint of a local DynamoDB that holds the tables' items, "" where there is none. `creators`
    are the URNs by which this process has created what exists, so that a create may be repeated.
    """

    region: str
    default_tags: Mapping[str, str] = field(default_factory=dict[str, str])
    existing: dict[tuple[str, str], Known] = field(default_factory=dict[tuple[str, str], Known])
    dynamodb_url: str = ""
    creators: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def find(self, token: str, **outputs: object) -> Known | None:
        """The existing resource of a type whose outputs have these values, or None."""
        for (kind, _), known in self.existing.items():
            if kind == token and all(known.outputs.get(key) == value for key, value in outputs.items()):
                return known
        return None

    def missing(
        self, path: str, value: object, token: str, called: str, by: str = "arn", error: str = ""
    ) -> Iterator[Failure]:
        """A failure where `value` at `path` names no resource of this type by its output `by` ("": by its id)."""
        is_there = self.find(token, **{by: value}) is not None if by else (token, value) in self.existing
        if isinstance(value, str) and not is_there:
            suffix = f" ({error})" if error else ""
            yield Failure(path, f"is {value!r}: there is no such {called} in this deployment{suffix}")

    def arn(self, service: str, resource: str, region: str) -> str:
        """An ARN in this account; `region` "" for global services."""
        return f"arn:aws:{service}:{region}:{ACCOUNT_ID}:{resource}"


@dataclass(frozen=True)
class Creation:
    """The basis of computed outputs: complete inputs, the id, the URN, and the outputs before (None: a create)."""

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
class Unique:
    """Names that only one resource of a type can have; `error` is AWS's response to the second one.

    `names` are of (inputs, Region).
    """

    error: str
    names: Callable[[Properties, str], Iterable[object]]


def in_account(error: str, key: str = "name") -> Unique:
    """A name that exists once in the account, or in the world."""
    return Unique(error, lambda inputs, _region: [inputs.get(key)])


def in_region(error: str, key: str = "name") -> Unique:
    """A name that exists once in each Region."""
    return Unique(error, lambda inputs, region: [(region, inputs.get(key))])


@dataclass(frozen=True)
class ResourceModel:
    """One resource type of pulumi-aws 7.

    Of the properties of its Args class (`args`, "" where its name follows from the type) those in `modelled` are
    simulated and the rest is rejected by name. `region` and `tags` among them imply their outputs, and that another
    `region` replaces the resource. `replaces` are the other properties whose change does, `unordered` the lists that
    AWS keeps as sets, `rules` the ranges and enumerations by property path, `check` what one property alone cannot
    tell. `arn` has {id} and {region}, from its service on or as a whole; without a `region` argument it is global.
    `computed` are further outputs that a preview does not know. `named` (a length) lets the provider name the resource
    after its logical name, by the input `name_property`, which is the id unless `identify` says otherwise. `unique`
    are the names that two of them cannot share. `is_of_framework`: written with Terraform's plugin framework, whose
    half of Pulumi's bridge does not look at names when it replaces.
    """

    type: str
    modelled: frozenset[str]
    args: str = ""
    arn: str = ""
    identify: Callable[[Creation], str] | None = None
    compute: Callable[[Creation], dict[str, object]] = lambda _creation: {}
    replaces: frozenset[str] = frozenset()
    computed: frozenset[str] = frozenset()
    defaults: Mapping[str, object] = field(default_factory=dict[str, object])
    unordered: frozenset[str] = frozenset()
    rules: Mapping[str, Rule] = field(default_factory=dict[str, Rule])
    check: Callable[[Properties, Scope], Iterator[Failure]] = lambda _inputs, _scope: iter(())
    refuse_delete: Callable[[Properties], str] = lambda _outputs: ""
    named: int | None = None
    name_property: str = "name"
    unique: Unique | None = None
    is_of_framework: bool = False

    def __post_init__(self) -> None:
        package, _, rest = self.type.removeprefix("aws:").partition("/")
        implied = {"region": "region", "tags": "tagsAll"}
        outputs = {output for argument, output in implied.items() if argument in self.modelled}
        object.__setattr__(self, "computed", self.computed | outputs | ({"arn"} if self.arn else set[str]()))
        object.__setattr__(self, "replaces", self.replaces | (self.modelled & {"region"}))
        if not self.args:
            object.__setattr__(self, "args", f"{package}.{rest.rpartition(':')[2]}Args")

    def identity(self, creation: Creation) -> str:
        """The id of a new resource."""
        return self.identify(creation) if self.identify else str(creation.inputs[self.name_property])

    def outputs(self, creation: Creation) -> dict[str, object]:
        """All outputs of a resource."""
        implied: dict[str, object] = {}
        if "region" in self.modelled:
            implied["region"] = creation.region
        if "tags" in self.modelled:
            implied["tagsAll"] = {**creation.scope.default_tags, **child(creation.inputs, "tags")}
        if self.arn:
            implied["arn"] = self._arn(creation)
        return {**self.defaults, **creation.inputs, **implied, **self.compute(creation), "id": creation.id}

    def _arn(self, creation: Creation) -> str:
        text = self.arn.format(id=creation.id, region=creation.region)
        if text.startswith("arn:"):
            return text
        service, _, resource = text.partition(":")
        return creation.scope.arn(service, resource, creation.region if "region" in self.modelled else "")


def words(text: str) -> frozenset[str]:
    """A set of names written as one line of text."""
    return frozenset(text.split())


def digest(*parts: object) -> bytes:
    """SHA-256 over any JSON values: the only source of what AWS would draw at random."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(text.encode()).digest()


def draw(alphabet: str, length: int, *parts: object) -> str:
    """`length` characters of `alphabet`, the same for the same parts."""
    number = int.from_bytes(digest(*parts), "big")
    letters: list[str] = []
    for _ in range(length):
        number, index = divmod(number, len(alphabet))
        letters.append(alphabet[index])
    return "".join(letters)


def draw_uuid(*parts: object) -> str:
    """A UUID, the same for the same parts."""
    return str(uuid.UUID(bytes=digest(*parts)[:16], version=4))
