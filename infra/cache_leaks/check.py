"""The check itself: a distribution as a state has it against what its router decides on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from infra.cache_leaks.behaviors import Behavior
from infra.cache_leaks.decides import Decides
from infra.cache_leaks.findings import Finding, found
from infra.cache_leaks.keeping_rules import cookie_findings, minimum_findings
from infra.cache_leaks.known_rules import certain_findings, is_routed
from infra.cache_leaks.possible_rules import possible_findings
from infra.cache_leaks.state import read_behaviors


def find_leaks(state: Mapping[str, Any], decides: Decides | None = None) -> list[Finding]:
    """Every way in which a cache of the state's distributions could hand one visitor's answer to another.

    `state` has the shape of `pulumi stack export`. Without `decides` nothing is known of the functions, and what only
    may leak is a warning. StateShapeError where the state cannot be read.
    """
    return [finding for behavior in read_behaviors(state) for finding in _findings(behavior, decides)]


def _findings(behavior: Behavior, decides: Decides | None) -> Iterator[Finding]:
    for policy in behavior.unknown_policies:
        yield found(
            behavior,
            "policy-not-in-state",
            "warning",
            f"The policy {policy} is neither in the state nor one of AWS's that are known here: what it keys on and"
            " forwards cannot be judged, nor can this behavior.",
            "manage the policy in the same stack, or import it there, and export the state again.",
        )
    if behavior.unknown_policies:
        return
    known = decides if decides is not None and is_routed(behavior) else None
    if known is not None:
        yield from certain_findings(behavior, known)
    elif decides is None:
        yield from possible_findings(behavior)
    yield from cookie_findings(behavior, known)
    yield from minimum_findings(behavior, known)
