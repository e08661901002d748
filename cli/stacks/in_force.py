"""The effective control of a running stack, from its control table or its key-value store."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.stacks.aws import client
from cli.stacks.aws_errors import describe_error, error_code
from controller.sources.key_values import BUILD_KEY
from infra.config.replica_order import replica_order
from infra.naming.edge_functions import EDGE_REGION, viewer_function_name
from infra.settings.stack import Stack
from router.control.live import PINS, ItemError, Live, parse_live, summarize
from router.control.reader import KEY, PARTITION
from router.dynamodb.client import Client, ReadError
from router.dynamodb.clients import nearest_first
from router.skew import parse_builds

CANARY_KEY, PIN_KEY, TIER_KEY = "canary", "pin", "tier:"
"""Keys of the stores of functions/canary.js and functions/tier.js."""
CONTROL, STORE = "control", "key-value store"
STORE_NOT_FOUND = "EntityNotFound"
TIMEOUT_SECONDS = 5.0
ORIGIN_FIELDS = {
    "domainName": "domain_name",
    "protocol": "protocol",
    "port": "port",
    "path": "path",
    "hostHeader": "host_header",
}


@dataclass(frozen=True)
class InForce:
    """The live control and the tiers, None where not read; `step` is the row of an explanation.

    `read` names the sources, `unread` those that could not be read and why.
    """

    live: Live | None = None
    tiers: Mapping[str, Any] | None = None
    builds: Mapping[str, str] | None = None
    step: tuple[str, str] | None = None
    read: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    def apply_to(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return a router's config with this control."""
        changed = dict(config)
        if self.live is not None:
            changed |= {"canary_percent": self.live.percent, "pin": self.live.pin, "release": self.live.release}
        if self.tiers is not None:
            changed["options"] = {**changed["options"], "tiers": self.tiers}
        if self.builds is not None and "skew" in changed:
            changed["skew"] = {**changed["skew"], "builds": self.builds}
        return changed


def read_table_in_force(stack: Stack, region: str) -> InForce:
    """Read the replica that the router would read from this Region; the AWS variables of the environment apply."""
    control = stack.settings.control
    nearest = nearest_first(replica_order(control.home_region, control.replicas), region, control.home_region)[0]
    reader = Client(nearest)
    try:
        items = reader.query(stack.control_table_name, KEY, PARTITION, TIMEOUT_SECONDS)
        live, builds = parse_live(items), parse_builds(items)
    except (ReadError, ItemError) as error:
        return InForce(unread=(f"the control table in {nearest} ({error.reason})",))
    except (AttributeError, KeyError, TypeError):
        return InForce(unread=(f"the control table in {nearest} (malformed-builds)",))
    finally:
        reader.close()
    return InForce(
        live,
        builds=builds,
        step=(CONTROL, summarize(live)),
        read=(f"the control table in {nearest} ({live.revision})",),
    )


def read_store_in_force(stack: Stack, values: Mapping[str, str]) -> InForce:
    """Parse the pairs that the viewer-request function reads."""
    try:
        if stack.settings.needs.viewer_function == "canary":
            return _parse_canary(values)
        return _parse_tiers(stack, values)
    except (KeyError, TypeError, ValueError) as error:
        return InForce(unread=(f"the key-value store (malformed: {type(error).__name__})",))


def _parse_canary(values: Mapping[str, str]) -> InForce:
    value: Any = json.loads(values[CANARY_KEY])
    live = Live(float(value["percent"]), _parse_pin(value), value["release"], is_withdrawn=bool(value.get("withdrawn")))
    text = f"{live.percent:g} %, pin {live.pin}{', canary withdrawn' if live.is_withdrawn else ''}"
    builds = {key.removeprefix(BUILD_KEY): place for key, place in values.items() if key.startswith(BUILD_KEY)}
    return InForce(live, builds=builds, step=(STORE, text), read=(f"the key-value store ({text})",))


def _parse_tiers(stack: Stack, values: Mapping[str, str]) -> InForce:
    """A pin replaces every tier."""
    pin = _parse_pin(json.loads(values[PIN_KEY]))
    tiers: dict[str, Any] | None = None
    if pin == "none":
        found = {key.removeprefix(TIER_KEY): json.loads(text) for key, text in values.items() if key[:5] == TIER_KEY}
        tiers = {tier: {ORIGIN_FIELDS[key]: at[key] for key in ORIGIN_FIELDS} for tier, at in found.items()}
    live = Live(stack.settings.canary_percent, pin, stack.settings.release)
    return InForce(live, tiers, read=(f"the key-value store (pin {pin})",))


def _parse_pin(value: Mapping[str, Any]) -> str:
    if value["pin"] in PINS:
        return str(value["pin"])
    raise ValueError("no such pin")


def read_key_values(stack: Stack, *, may_be_missing: bool = False) -> tuple[Mapping[str, str], str]:
    """Read the key-value store in AWS: its pairs ({} in a stack without one), and why it cannot be read, or "".

    With `may_be_missing`, a store that does not exist is {}.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    function = stack.settings.needs.viewer_function
    if not function:
        return {}, ""
    name = viewer_function_name(stack.prefix, function)
    try:
        with (
            contextlib.closing(client("cloudfront", EDGE_REGION)) as cloudfront,
            contextlib.closing(client("cloudfront-keyvaluestore", EDGE_REGION)) as stores,
        ):
            found = cloudfront.describe_key_value_store(Name=name)
            return list_pairs(stores, found["KeyValueStore"]["ARN"]), ""
    except (BotoCoreError, ClientError) as error:
        if may_be_missing and error_code(error) == STORE_NOT_FOUND:
            return {}, ""
        return {}, f"the key-value store {name} ({describe_error(error)})"


def list_pairs(key_values: Any, store_arn: str) -> dict[str, str]:
    """Return all pairs of a key-value store. Raises boto3's errors."""
    pages = key_values.get_paginator("list_keys").paginate(KvsARN=store_arn)
    return {item["Key"]: item["Value"] for page in pages for item in page.get("Items", [])}
