"""Items of the control table beside the config while the program runs, and their meaning for this update."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pulumi
import pulumi_aws as aws

from controller.rollout.state import ACTIVE
from controller.sources.key_values import KEY, build_pairs, store_text
from infra.data.control_item import ROLLOUT, config_item, item_key
from infra.settings.skew import origins_by_build
from infra.settings.stack import Stack
from router.control.live import parse_live
from router.skew import BUILDS, parse_builds

if TYPE_CHECKING:
    from router.model.decision import Item


def read_running_values(stack: Stack, parent: pulumi.Resource | None) -> dict[str, str]:
    """Return the key values of a rollout in progress, whatever percentage the config has, and of builds.

    They are read through the provider of `parent`, whose children keep them.
    """
    rollout = _read_rollout(stack, parent)
    for warning in rollout_warnings(stack, rollout):
        pulumi.log.warn(f"{stack.project}: {warning}")
    return running_values(stack, rollout, _read_builds(stack, parent)) if stack.settings.needs.viewer_function else {}


def _read_rollout(stack: Stack, parent: pulumi.Resource | None) -> Item | None:
    """Return the rollout's item; None where there is none."""
    control = stack.settings.control
    return _read_item(stack, ROLLOUT, parent) if control.is_live and stack.settings.needs.by_percentage else None


def _read_builds(stack: Stack, parent: pulumi.Resource | None) -> Item | None:
    """Return the item of kept builds; None where there is none, or no CloudFront Function that needs it."""
    settings = stack.settings
    has_both = settings.control.is_live and origins_by_build(settings) and settings.needs.version_header
    item = _read_item(stack, BUILDS, parent) if has_both else None
    try:
        parse_builds([item] if item else [])
    except (AttributeError, KeyError, TypeError):
        pulumi.log.warn(
            f"{stack.project}: the item {BUILDS} in {stack.control_table_name} makes no sense: it is ignored"
        )
        return None
    return item


def _read_item(stack: Stack, name: str, parent: pulumi.Resource | None) -> Item | None:
    """A table or an item that does not exist yet is an error of the provider: no failure of this read stops an
    update.
    """
    try:
        found = aws.dynamodb.get_table_item(
            table_name=stack.control_table_name,
            region=stack.settings.control.home_region,
            key=json.dumps(item_key(name)),
            opts=pulumi.InvokeOptions(parent=parent),
        )
        return cast("Item", json.loads(found.item))
    except Exception as error:  # noqa: BLE001  the SDK raises Exception itself
        pulumi.log.debug(f"no {name} is known: {error}")
        return None


def running_values(stack: Stack, rollout: Item | None, builds: Item | None) -> dict[str, str]:
    """Return the key values of the CloudFront Function that something else than the config has set."""
    config = config_item(stack.settings)
    values = {KEY: store_text(parse_live([config, rollout]))} if rollout is not None else {}
    return {**values, **(build_pairs(parse_builds([config, builds])) if builds is not None else {})}


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
