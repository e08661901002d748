"""The inputs of a stack's decisions: settings, effective control, tables and origins."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cli.output.outcome import iso_time
from cli.stacks.aws import read_credentials
from cli.stacks.in_force import CANARY_KEY, PIN_KEY, InForce, read_key_values, read_store_in_force, read_table_in_force
from cli.stacks.local_reads import LOCAL_CREDENTIALS, is_loopback, use_variables
from cli.stacks.running import AwsStack, LocalStack, RunningStack
from infra.package.baked_config import deciding_config
from infra.settings.stack import Stack

IN_FORCE_SETTINGS = ("canaryPercent", "pin", "release", "control", "tier.tiers")
"""An override of one of these replaces the effective control."""
ENDPOINT, ENDPOINT_OF_ALL = "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
PATIENCE_MS = 5_000
"""For one read from this machine, which is far from the edge."""


@dataclass(frozen=True)
class StackView:
    """All inputs of a decision.

    `where` and `place` are those of the running stack, or "settings" and ""; `read` lists what was read of it.
    `environment` has the AWS variables for table reads. `origin_urls` are the origins on this machine, None for their
    real addresses, {} to contact none. With `is_final`, a read that fails here fails at the edge too. Requests for
    `static_paths` go to the stable origin without the router.
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
    at: str = field(default_factory=lambda: iso_time(time.time()))

    @property
    def text(self) -> str:
        """The source, for a person."""
        if not self.place:
            tables = f" and the tables at {self.environment[ENDPOINT]}" if ENDPOINT in self.environment else ""
            return f"from the settings{tables}; no running stack was read"
        return f"{self.place}, read at {self.at}: {', '.join(self.read)}"

    def as_json(self) -> dict[str, Any]:
        return {"where": self.where, "place": self.place or None, "at": self.at, "what": list(self.read)}


def view_settings(stack: Stack) -> StackView:
    """View the settings alone, with the tables at AWS_ENDPOINT_URL_DYNAMODB if it is set."""
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
    """View the stack on this machine, with overrides of its settings."""
    environment = {ENDPOINT: here.dynamodb_url, **LOCAL_CREDENTIALS}
    in_force = InForce()
    if not overrides_control(overrides):
        with use_variables(environment):
            in_force = _in_force(stack, _store_pairs(here, stack), region, overrides)
    view = _view_running(stack, here, environment, in_force, overrides)
    return replace(view, origin_urls=here.status.get("originUrls", {}), is_final=True)


def view_aws(stack: Stack, running: AwsStack, region: str, overrides: Sequence[str] = ()) -> StackView:
    """View the stack in AWS with the caller's credentials, and with overrides of its settings."""
    environment = read_credentials(ENDPOINT, ENDPOINT_OF_ALL, KEYS)
    in_force = InForce()
    if not overrides_control(overrides):
        values, problem = read_key_values(stack, may_be_missing=bool(overrides))
        with use_variables(environment):
            in_force = InForce(unread=(problem,)) if problem else _in_force(stack, values, region, overrides)
    return _view_running(stack, running, environment, in_force, overrides)


def _view_running(
    stack: Stack, running: RunningStack, environment: Mapping[str, str], in_force: InForce, overrides: Sequence[str]
) -> StackView:
    return StackView(
        in_force.apply_to(extend_limits(deciding_config(stack))),
        where=running.where,
        place=running.text,
        table=_table(stack),
        in_force=in_force,
        read=_read(stack, in_force, overrides),
        environment=environment,
        static_paths=stack.settings.static_paths,
    )


def _store_pairs(here: LocalStack, stack: Stack) -> Mapping[str, str]:
    """The pairs of the local key-value store that the stack's function reads; {} if there is none."""
    key = CANARY_KEY if stack.settings.needs.viewer_function == "canary" else PIN_KEY
    return next((store for store in here.status.get("keyValues", {}).values() if key in store), {})


def overrides_control(overrides: Sequence[str]) -> bool:
    """Return True if an override replaces the effective control."""
    keys = (override.partition("=")[0].rpartition(":")[2] for override in overrides)
    return any(f"{key}.".startswith(f"{setting}.") for key in keys for setting in IN_FORCE_SETTINGS)


def extend_limits(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config with time limits for reads from this machine; at the edge a replica is near."""
    changed = dict(config)
    if changed["table"]:
        limits = {"read_timeout_ms": PATIENCE_MS, "total_timeout_ms": 2 * PATIENCE_MS}
        changed["table"] = {**changed["table"], **limits}
    changed["deadline_ms"] = 4 * PATIENCE_MS
    return changed


def _in_force(stack: Stack, key_values: Mapping[str, str], region: str, overrides: Sequence[str]) -> InForce:
    """The effective control; the settings' own if overrides add a function whose store is not deployed."""
    if stack.settings.needs.viewer_function:
        is_new = bool(overrides) and not key_values
        return InForce() if is_new else read_store_in_force(stack, key_values)
    return read_table_in_force(stack, region) if stack.settings.reads_control_table else InForce()


def _read(stack: Stack, in_force: InForce, overrides: Sequence[str]) -> list[str]:
    """Names of the inputs that were read, or will be when the decision needs them."""
    own = [override.partition("=")[0] for override in overrides]
    settings = f"the settings with {', '.join(own)}" if own else "the settings"
    table = [f"the {_table(stack)} table"] if stack.table else []
    origins = ["the origins"] if stack.settings.strategy == "fastest-origin" else []
    return [settings, *in_force.read, *table, *origins]


def _table(stack: Stack) -> str:
    return stack.table.purpose if stack.table else ""
