"""The state that the check reads of one distribution: it, and the policies and functions that it refers to.

The ID of a new policy and the ARN of a new function are unknown at preview. Where a property depends on one resource of
the kind only, that is the one; where it depends on several, nobody can tell before the update.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from policy.preview import Seen
from pulumi_state.resources import CACHE_POLICY, FUNCTION, ORIGIN_REQUEST_POLICY, Resource
from pulumi_state.values import UNKNOWN, objects_in

MARK = "\0"
"""Around the reason why a behavior is not judged, in the place of the ID of a policy that no state has."""
AFTER = "known after the update"
_POLICIES = {"cachePolicyId": CACHE_POLICY, "originRequestPolicyId": ORIGIN_REQUEST_POLICY}
_STACK_REFERENCE = "pulumi:pulumi:StackReference"
_LAMBDA = "aws:lambda/function:Function"


@dataclass(frozen=True)
class Known:
    """The policies and functions of a stack, by URN, by ID and by ARN."""

    by_urn: Mapping[str, Seen]
    by_id: Mapping[tuple[str, str], Seen]
    by_arn: Mapping[str, Seen]

    @classmethod
    def of(cls, resources: Sequence[Seen]) -> Known:
        policies = [one for one in resources if one.type in _POLICIES.values()]
        functions = [one for one in resources if one.type == FUNCTION]
        arns = {str(one.properties.get("arn")): one for one in functions}
        return cls(
            {one.urn: one for one in resources},
            {(one.type, one.id): one for one in policies},
            {arn: one for arn, one in arns.items() if arn not in ("None", UNKNOWN)},
        )

    def find_needed(self, distribution: Seen, section: str, kind: str) -> list[Seen]:
        """The resources of a type that a property of the distribution depends on."""
        found = (self.by_urn.get(urn) for urn in distribution.needs.get(section, ()))
        return [one for one in found if one is not None and one.type == kind]


def as_resource(one: Seen) -> Resource:
    """The resource as a reader of states takes it."""
    return Resource(one.type, one.urn, one.id, is_living=True, entry=_entry(one, one.properties))


def make_state(distribution: Seen, known: Known) -> dict[str, Any]:
    """A state with the distribution, and with the policies and functions that it refers to."""
    properties = copy.deepcopy(dict(distribution.properties))
    _name_aliases(properties)
    referred: dict[str, dict[str, Any]] = {}
    for section, behavior in _behaviors(properties):
        for one, entry in _resolve(distribution, section, behavior, known):
            referred[one.urn] = entry
    resources = [*referred.values(), _entry(distribution, properties)]
    return {"version": 3, "deployment": {"manifest": {}, "resources": resources}}


def _entry(one: Seen, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"urn": one.urn, "type": one.type, "id": one.id, "custom": True, "outputs": dict(properties)}


def _behaviors(properties: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The behaviors that are objects; others are the reader's to refuse."""
    yield from (("defaultCacheBehavior", one) for one in objects_in([properties.get("defaultCacheBehavior")]))
    yield from (("orderedCacheBehaviors", one) for one in objects_in(properties.get("orderedCacheBehaviors")))


@dataclass(frozen=True)
class _References:
    """References of one behavior; `unclear` are the reasons why it cannot be judged."""

    distribution: Seen
    section: str
    known: Known
    unclear: list[str] = field(default_factory=list[str])

    def policy(self, behavior: dict[str, Any], key: str) -> Seen | None:
        """The policy that a behavior names, if it is one of the stack."""
        kind = _POLICIES[key]
        if behavior.get(key) == UNKNOWN:
            found = self._only(f"its {key}", kind)
            behavior[key] = found.id if found else ""
        return self.known.by_id.get((kind, str(behavior.get(key))))

    def function(self, association: dict[str, Any]) -> tuple[Seen, dict[str, Any]] | None:
        """The CloudFront Function of an association, if it is one of the stack, and its entry."""
        arn = association.get("functionArn")
        found = self.known.by_arn.get(str(arn))
        if arn == UNKNOWN:
            found = self._only(f"its function at {association.get('eventType')}", FUNCTION)
            association["functionArn"] = f"arn:aws:cloudfront:::function/{found.name if found else ''}"
        if found is None:
            return None
        if found.properties.get("code") == UNKNOWN:
            self.unclear.append(f"the code of its function {found.name} is {AFTER}")
        return found, _entry(found, {**found.properties, "arn": association["functionArn"]})

    def name_lambda(self, association: dict[str, Any]) -> None:
        """A name in the place of an ARN that is not known, which no rule reads."""
        if association.get("lambdaArn") == UNKNOWN:
            found = self.known.find_needed(self.distribution, self.section, _LAMBDA)
            association["lambdaArn"] = found[0].name if len(found) == 1 else f"({AFTER})"

    def _only(self, what: str, kind: str) -> Seen | None:
        found = self.known.find_needed(self.distribution, self.section, kind)
        others = [urn for urn in self.distribution.needs.get(self.section, ()) if _may_have(urn, kind)]
        if len(found) == 1 and not others:
            return found[0]
        listed = [*(one.name for one in found), *(urn.rpartition("::")[2] for urn in others)]
        names = f", one of {', '.join(listed)}" if listed else ""
        self.unclear.append(f"{what} is {AFTER}{names}")
        return None


def _may_have(urn: str, kind: str) -> bool:
    """Return whether a resource of another type may have the ID of one of this: another provider's policy, another
    stack's outputs.
    """
    found = urn.split("::")[2].rpartition("$")[2] if urn.count("::") > 2 else ""
    return found == _STACK_REFERENCE or (found != kind and found.rpartition(":")[2] == kind.rpartition(":")[2])


def _resolve(
    distribution: Seen, section: str, behavior: dict[str, Any], known: Known
) -> Iterator[tuple[Seen, dict[str, Any]]]:
    """The resources that a behavior refers to; what is unknown in it is replaced."""
    references = _References(distribution, section, known)
    for key in _POLICIES:
        if (policy := references.policy(behavior, key)) is not None:
            yield policy, _entry(policy, policy.properties)
    for association in objects_in(behavior.get("lambdaFunctionAssociations")):
        references.name_lambda(association)
    for association in objects_in(behavior.get("functionAssociations")):
        if (function := references.function(association)) is not None:
            yield function
    if references.unclear:
        behavior["cachePolicyId"] = f"{MARK}{'; '.join(references.unclear)}{MARK}"


def _name_aliases(properties: dict[str, Any]) -> None:
    """Their number counts, which is known before a name is."""
    aliases = properties.get("aliases")
    if isinstance(aliases, list):
        names = cast("list[Any]", aliases)
        properties["aliases"] = [f"({AFTER})" if name == UNKNOWN else name for name in names]
