"""What is in force in a running stack: by its control table, or by the store of the function before the cache."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.package.replica_order import replica_order
from infra.settings.stack import Stack
from router.control.live import PINS, ItemError, Live, parse_items, summarize
from router.control.reader import KEY, PARTITION
from router.dynamodb.client import Client, ReadError, nearest_first

CANARY_KEY, PIN_KEY, TIER_KEY = "canary", "pin", "tier:"
"""Keys of the stores of functions/canary.js and functions/tier.js."""
CONTROL, STORE = "control", "key-value store"
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
    """`live` is None where nothing was read, and `tiers` too; `step` is how an explanation shows it.

    `read` names what was read, `unread` what could not be and why.
    """

    live: Live | None = None
    tiers: Mapping[str, Any] | None = None
    step: tuple[str, str] | None = None
    read: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    def applied(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The config of a router that goes by it."""
        changed = dict(config)
        if self.live is not None:
            changed |= {"canary_percent": self.live.percent, "pin": self.live.pin, "release": self.live.release}
        if self.tiers is not None:
            changed["options"] = {**changed["options"], "tiers": self.tiers}
        return changed


def read_table_in_force(stack: Stack, region: str) -> InForce:
    """Of the replica that the router would ask from this Region; the AWS variables of the environment hold."""
    control = stack.settings.control
    asked = nearest_first(replica_order(control.home_region, control.replicas), region, control.home_region)[0]
    client = Client(asked)
    try:
        live = parse_items(client.query(stack.control_table_name, KEY, PARTITION, TIMEOUT_SECONDS))
    except (ReadError, ItemError) as error:
        return InForce(unread=(f"the control table in {asked} ({error.reason})",))
    finally:
        client.close()
    return InForce(live, step=(CONTROL, summarize(live)), read=(f"the control table in {asked} ({live.revision})",))


def read_store_in_force(stack: Stack, values: Mapping[str, str]) -> InForce:
    """Of what the function before the cache reads there."""
    try:
        if stack.settings.needs.viewer_function == "canary":
            return _of_canary(values)
        return _of_tiers(stack, values)
    except (KeyError, TypeError, ValueError) as error:
        return InForce(unread=(f"the key-value store (malformed: {type(error).__name__})",))


def _of_canary(values: Mapping[str, str]) -> InForce:
    value: Any = json.loads(values[CANARY_KEY])
    live = Live(float(value["percent"]), _pin_in(value), value["release"], is_withdrawn=bool(value.get("withdrawn")))
    said = f"{live.percent:g} %, pin {live.pin}{', canary withdrawn' if live.is_withdrawn else ''}"
    return InForce(live, step=(STORE, said), read=(f"the key-value store ({said})",))


def _of_tiers(stack: Stack, values: Mapping[str, str]) -> InForce:
    """A pin stands in the place of every tier."""
    pin = _pin_in(json.loads(values[PIN_KEY]))
    tiers: dict[str, Any] | None = None
    if pin == "none":
        found = {key.removeprefix(TIER_KEY): json.loads(text) for key, text in values.items() if key[:5] == TIER_KEY}
        tiers = {tier: {ORIGIN_FIELDS[key]: at[key] for key in ORIGIN_FIELDS} for tier, at in found.items()}
    live = Live(stack.settings.canary_percent, pin, stack.settings.release)
    return InForce(live, tiers, read=(f"the key-value store (pin {pin})",))


def _pin_in(value: Mapping[str, Any]) -> str:
    if value["pin"] in PINS:
        return str(value["pin"])
    raise ValueError("no such pin")
