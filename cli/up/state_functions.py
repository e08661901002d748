"""The functions that a state's distribution runs: from the state, or from a package in their place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cli.output.errors import UsageError
from infra.naming.edge_functions import HANDLER
from simulator.cloudfront import Distribution
from simulator.lambda_edge import FunctionCode, functions_from_state

TIMEOUT_SECONDS = 30
MEMORY_MB = 128
"""Of a function of which the state has the ARN only: the most that CloudFront lets an origin event take, and Lambda's
default."""


def find_attached_functions(
    state: Mapping[str, Any], base: Path, package: Path | None, distribution: str | None = None
) -> tuple[FunctionCode, ...]:
    """What the distribution's events name. UsageError where the state has not got it, and no package stands in.

    FunctionStateError and StateError as their readers say.
    """
    behaviors = Distribution.from_state(dict(state), distribution).behaviors
    places = {
        trigger.arn: f"{event_type} at path pattern {behavior.path_pattern}"
        for behavior in behaviors
        for event_type, trigger in behavior.triggers.items()
    }
    found = functions_from_state(state, base, package, only=places.keys())
    missing = [arn for arn in places if arn not in {function.arn for function in found}]
    if missing and package is None:
        raise UsageError("\n".join(_missing(arn, places[arn]) for arn in missing))
    return (*found, *(_stand_in(arn, package) for arn in missing if package is not None))


def _missing(arn: str, place: str) -> str:
    return (
        f"the function {arn} ({place}) is not in the state: name its package with --package FILE.zip, which then runs"
        " in its place, or export the state of the stack that made it"
    )


def _stand_in(arn: str, package: Path) -> FunctionCode:
    name, version = arn.split(":")[6:8]
    return FunctionCode(arn, name, version, package, HANDLER, TIMEOUT_SECONDS, MEMORY_MB)
