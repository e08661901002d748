"""What decides in a stack: its settings, what is in force, and where its tables and origins are found."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from cli.stacks.in_force import CANARY_KEY, PIN_KEY, InForce, read_store_in_force, read_table_in_force
from cli.stacks.local_reads import LOCAL_CREDENTIALS, is_loopback, use_variables
from cli.stacks.running import AwsStack, LocalStack, RunningStack
from infra.package.baked_config import deciding_config
from infra.settings.stack import Stack

IN_FORCE_SETTINGS = ("canaryPercent", "pin", "release", "control", "tier.tiers")
"""Whoever tries another one of these asks about something else than what is in force."""
ENDPOINT, ENDPOINT_OF_ALL = "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
PATIENCE_MS = 5_000
"""For one read from here, which is not where the edge is."""


@dataclass(frozen=True)
class StackView:
    """All that a decision is made by.

    `where` and `place` are those of the running stack, "settings" and "" without one. `read` says what was read of it.
    `environment` has the AWS variables for reading tables; `origin_urls` say where origins run on this machine, None
    for their real addresses, {} where none is asked. `is_final`: what fails here fails at the edge. Requests for
    `static_paths` go to the stable origin, past the router.
    """

    config: Mapping[str, Any]
    where: str = "settings"
    place: str = ""
    table: str = ""
    in_force: InForce = field(default_factory=InForce)
    read: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    origin_urls: Mapping[str, str] | None = None
    is_final: bool = False
    static_paths: Sequence[str] = ()
    at: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")

    @property
    def text(self) -> str:
        """As a person is told."""
        if not self.place:
            tables = f" and the tables at {self.environment[ENDPOINT]}" if ENDPOINT in self.environment else ""
            return f"from the settings{tables}; no running stack was read"
        return f"{self.place}, read at {self.at}: {', '.join(self.read)}"

    def as_json(self) -> dict[str, Any]:
        return {"where": self.where, "place": self.place or None, "at": self.at, "what": list(self.read)}


def view_settings(stack: Stack) -> StackView:
    """Nothing is read but tables at an endpoint that the environment names (AWS_ENDPOINT_URL_DYNAMODB)."""
    view = StackView(
        deciding_config(stack), table=_table(stack), origin_urls={}, static_paths=stack.settings.static_paths
    )
    endpoint = os.environ.get(ENDPOINT, "")
    if not endpoint:
        return view
    keys = {name: os.environ[name] for name in KEYS if name in os.environ}
    keys = LOCAL_CREDENTIALS | keys if is_loopback(endpoint) else keys
    return replace(view, environment={ENDPOINT: endpoint, **keys}, is_final=True)


def view_local(stack: Stack, here: LocalStack, region: str, overrides: Sequence[str] = ()) -> StackView:
    """As the local edge has it now. `overrides` are settings that it has not."""
    environment = {ENDPOINT: here.dynamodb_url, **LOCAL_CREDENTIALS}
    in_force = InForce()
    if not asks_for_other_values(overrides):
        with use_variables(environment):
            in_force = _in_force(stack, _store_of(here, stack), region, overrides)
    view = _view_running(stack, here, environment, in_force, overrides)
    return replace(view, origin_urls=here.status.get("originUrls", {}), is_final=True)


def view_aws(stack: Stack, running: AwsStack, region: str, overrides: Sequence[str] = ()) -> StackView:
    """As the account has it now, by the credentials of the caller."""
    from cli.stacks.aws_reads import read_credentials, read_key_values  # here: they import botocore

    environment = read_credentials(ENDPOINT, ENDPOINT_OF_ALL, KEYS)
    in_force = InForce()
    if not asks_for_other_values(overrides):
        values, problem = read_key_values(stack, may_be_missing=bool(overrides))
        with use_variables(environment):
            in_force = InForce(unread=(problem,)) if problem else _in_force(stack, values, region, overrides)
    return _view_running(stack, running, environment, in_force, overrides)


def _view_running(
    stack: Stack, running: RunningStack, environment: Mapping[str, str], in_force: InForce, overrides: Sequence[str]
) -> StackView:
    return StackView(
        in_force.applied(extend_limits(deciding_config(stack))),
        where=running.where,
        place=running.text,
        table=_table(stack),
        in_force=in_force,
        read=_read(stack, in_force, overrides),
        environment=environment,
        static_paths=stack.settings.static_paths,
    )


def _store_of(here: LocalStack, stack: Stack) -> Mapping[str, str]:
    """The pairs of the store that the stack's function reads; {} where what runs has none."""
    key = CANARY_KEY if stack.settings.needs.viewer_function == "canary" else PIN_KEY
    return next((store for store in here.status.get("keyValues", {}).values() if key in store), {})


def asks_for_other_values(overrides: Sequence[str]) -> bool:
    """Whether one of these settings takes the place of what is in force."""
    keys = (override.partition("=")[0].rpartition(":")[2] for override in overrides)
    return any(f"{key}.".startswith(f"{setting}.") for key in keys for setting in IN_FORCE_SETTINGS)


def extend_limits(config: Mapping[str, Any]) -> dict[str, Any]:
    """With time limits for reads from here: at the edge a replica is near."""
    changed = dict(config)
    if changed["table"]:
        limits = {"read_timeout_ms": PATIENCE_MS, "total_timeout_ms": 2 * PATIENCE_MS}
        changed["table"] = {**changed["table"], **limits}
    changed["deadline_ms"] = 4 * PATIENCE_MS
    return changed


def _in_force(stack: Stack, key_values: Mapping[str, str], region: str, overrides: Sequence[str]) -> InForce:
    """Whoever tries a function whose store the running stack does not have goes by the settings."""
    if stack.settings.needs.viewer_function:
        is_tried = bool(overrides) and not key_values
        return InForce() if is_tried else read_store_in_force(stack, key_values)
    return read_table_in_force(stack, region) if stack.settings.reads_control_table else InForce()


def _read(stack: Stack, in_force: InForce, overrides: Sequence[str]) -> list[str]:
    """What of it was read, or is as soon as the decision asks for it."""
    own = [override.partition("=")[0] for override in overrides]
    settings = f"the settings with {', '.join(own)}" if own else "the settings"
    table = [f"the {_table(stack)} table"] if stack.table else []
    origins = ["the origins"] if stack.settings.strategy == "fastest-origin" else []
    return [settings, *in_force.read, *table, *origins]


def _table(stack: Stack) -> str:
    return stack.table.purpose if stack.table else ""
