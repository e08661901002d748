"""The rollout that stands in the control table while the program runs: what it means for this update."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pulumi
import pulumi_aws as aws

from controller.sources.key_values import KEY, text_of
from infra.data.control import ROLLOUT, config_item, key_of
from infra.settings.stack import Stack
from router.control.live import STANDING, parse_items

if TYPE_CHECKING:
    from router.model.decision import Item


def read_rollout(stack: Stack) -> Item | None:
    """The rollout's item, asked for by the provider; None where there is none.

    Nor is there one for a table or an item that is not there yet, which are errors here: no failure of this look-up
    may stop an update.
    """
    control = stack.settings.control
    if not (control.is_live and stack.settings.needs.by_percentage):
        return None
    try:
        found = aws.dynamodb.get_table_item(
            table_name=stack.control_table_name, region=control.home_region, key=json.dumps(key_of(ROLLOUT))
        )
        return cast("Item", json.loads(found.item))
    except Exception as error:  # noqa: BLE001  the SDK raises Exception itself
        pulumi.log.debug(f"no rollout is known: {error}")
        return None


def running_values(stack: Stack, rollout: Item) -> dict[str, str]:
    """What stands in the key-value store of a function before the cache, by the precedence that holds at the edge."""
    return {KEY: text_of(parse_items([config_item(stack.settings), rollout]))}


def rollout_warnings(stack: Stack, rollout: Item | None) -> list[str]:
    """What an update does to a rollout that is under way, and what it does not."""
    if rollout is None:
        return []
    live = parse_items([config_item(stack.settings), rollout])
    if live.reason:
        return [f"the rollout's item in {stack.control_table_name} counts as none ({live.reason})"]
    state, release = _text(rollout, "state"), _text(rollout, "release")
    if state not in STANDING:
        return []
    where = f"a rollout of release {release} is {state} at {_number(rollout, 'canaryPercent')} %{_step(rollout)}"
    settings = stack.settings
    if release != settings.release:
        return [f"{where}: it ends with this update, whose release is {settings.release}"]
    if settings.pin != "none":
        return [f"{where}: it waits while pin is {settings.pin}, which takes effect at once"]
    return [f"{where}: it goes on; canaryPercent takes effect when it has ended, pin at once"]


def _step(rollout: Item) -> str:
    """ " (step 2 of 5)", where the item says so."""
    plan = cast("dict[str, Any]", rollout.get("plan", {}).get("M", {}))
    steps = cast("list[object]", plan.get("steps", {}).get("L", []))
    step = _number(rollout, "step")
    return f" (step {int(step) + 1} of {len(steps)})" if step.isdigit() and steps else ""


def _text(item: Item, name: str) -> str:
    return str(item.get(name, {}).get("S", ""))


def _number(item: Item, name: str) -> str:
    return str(item.get(name, {}).get("N", ""))
