"""The rollout in the control table while the program runs, and its meaning for this update."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pulumi
import pulumi_aws as aws

from controller.rollout.state import ACTIVE
from controller.sources.key_values import KEY, store_text
from infra.data.control_item import ROLLOUT, config_item, item_key
from infra.settings.stack import Stack
from router.control.live import parse_live

if TYPE_CHECKING:
    from router.model.decision import Item


def read_rollout(stack: Stack) -> Item | None:
    """Return the rollout's item, read through the provider; None where there is none.

    A table or an item that does not exist yet is an error of the provider: no failure of this read stops an update.
    """
    control = stack.settings.control
    if not (control.is_live and stack.settings.needs.by_percentage):
        return None
    try:
        found = aws.dynamodb.get_table_item(
            table_name=stack.control_table_name, region=control.home_region, key=json.dumps(item_key(ROLLOUT))
        )
        return cast("Item", json.loads(found.item))
    except Exception as error:  # noqa: BLE001  the SDK raises Exception itself
        pulumi.log.debug(f"no rollout is known: {error}")
        return None


def running_values(stack: Stack, rollout: Item) -> dict[str, str]:
    """Return the key values of the CloudFront Function, by the precedence that holds at the edge."""
    return {KEY: store_text(parse_live([config_item(stack.settings), rollout]))}


def rollout_warnings(stack: Stack, rollout: Item | None) -> list[str]:
    """Return what an update changes for a rollout in progress, and what it does not."""
    if rollout is None:
        return []
    live = parse_live([config_item(stack.settings), rollout])
    if live.reason:
        return [f"the rollout's item in {stack.control_table_name} counts as none ({live.reason})"]
    state, release = _text(rollout, "state"), _text(rollout, "release")
    if state not in ACTIVE:
        return []
    where = f"a rollout of release {release} is {state} at {_number(rollout, 'canaryPercent')} %{_step(rollout)}"
    settings = stack.settings
    if release != settings.release:
        return [f"{where}: it ends with this update, whose release is {settings.release}"]
    if settings.pin != "none":
        return [f"{where}: it waits while pin is {settings.pin}, which takes effect at once"]
    return [f"{where}: it goes on; canaryPercent takes effect when it has ended, pin at once"]


def _step(rollout: Item) -> str:
    """Return " (step 2 of 5)" where the item has a plan, "" otherwise."""
    plan = cast("dict[str, Any]", rollout.get("plan", {}).get("M", {}))
    steps = cast("list[object]", plan.get("steps", {}).get("L", []))
    step = _number(rollout, "step")
    return f" (step {int(step) + 1} of {len(steps)})" if step.isdigit() and steps else ""


def _text(item: Item, name: str) -> str:
    return str(item.get(name, {}).get("S", ""))


def _number(item: Item, name: str) -> str:
    return str(item.get(name, {}).get("N", ""))
