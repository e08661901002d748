"""The beginning and the end of a run, whatever language its program has: what it starts from, and what came of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from simulator.standin.config.stack_config import StackConfig
from simulator.standin.deployment import Change, Deployment, provider_config, show
from simulator.standin.state import deployment, in_order, list_leftovers, read_resources


def utc_now() -> datetime:
    """Return the time of a run that nobody gives another one."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Run:
    """A finished update or preview: the state after it, the stack's outputs as the CLI shows them (secrets covered),
    what changed, the program's warnings, and the data sources that it asked, each once. In a preview, what only an
    update can tell is "[unknown]".

    `state_with_secrets` is what `pulumi stack export --show-secrets` would print: for use at once, never to be written.
    """

    state: dict[str, object]
    state_with_secrets: dict[str, object] = field(repr=False)
    outputs: dict[str, object]
    changes: tuple[Change, ...]
    warnings: tuple[str, ...]
    invokes: tuple[str, ...] = ()


def begin(
    stack: str,
    config: StackConfig,
    state: Mapping[str, object] | None,
    *,
    preview: bool,
    dynamodb_url: str = "",
    packages: frozenset[str] = frozenset(),
    now: Callable[[], datetime] = utc_now,
) -> Deployment:
    """Begin an update or a preview that brings `state` up to a program. Errors: StandInError (`state` is none)."""
    return Deployment(
        stack,
        config.project,
        {str(one["urn"]): one for one in read_resources(state)} if state else {},
        provider_config(config.values, os.environ),
        now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        is_preview=preview,
        dynamodb_url=dynamodb_url,
        packages=packages,
        kept=list_leftovers(state) if state else [],
    )


def summarize_run(work: Deployment, warnings: Sequence[str]) -> Run:
    """Sum up a deployment whose program has ended."""
    resources = in_order(work.resources)
    opened = [{**resource, **work.with_secrets.get(str(resource["urn"]), {})} for resource in resources]
    return Run(
        deployment(resources, work.now, work.kept),
        deployment(opened, work.now, work.kept),
        {key: show(value) for key, value in sorted(work.outputs.items())},
        _changes(work, resources),
        tuple(warnings),
        tuple(sorted(set(work.invoked))),
    )


def _changes(work: Deployment, resources: Sequence[Mapping[str, object]]) -> tuple[Change, ...]:
    """Sort changes in the order of the resources; deletions come last, as they happened."""
    place = {resource["urn"]: index for index, resource in enumerate(resources)}
    return tuple(sorted(work.changes, key=lambda change: place.get(change.urn, len(place))))
