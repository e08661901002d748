"""The control snapshot in the control table's two items, by their precedence."""

from __future__ import annotations

from router.dynamodb.responses import parse_count, parse_number
from router.model.assignment import Live

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from router.model.decision import Item

PINS = "none", "stable", "canary"
# A running or paused rollout takes precedence over the config item, one that is over until the config item changes.
RUNNING, PAUSED, SUCCEEDED, ROLLED_BACK, ENDED = STATES = "running", "paused", "succeeded", "rolled-back", "ended"
OVER = SUCCEEDED, ROLLED_BACK
MAX_TEXT_CHARACTERS = 256
"""A longer release or revision is malformed; revisions are in every log line."""


def summarize(live: Live) -> str:
    """A snapshot for a person: `rollout:7 says 25 %`."""
    withdrawn = ", canary withdrawn" if live.is_withdrawn else ""
    failure = f"; last refresh: {live.reason}" if live.reason else ""
    return f"{live.revision or 'baked'} says {live.percent:g} %{withdrawn}{failure}"


def after_failure(live: Live, reason: str) -> Live:
    """The same snapshot, still in force after a refresh that failed for this reason."""
    return Live(live.percent, live.pin, live.release, live.is_withdrawn, live.percent_from, live.revision, reason)


class ItemError(ValueError):
    """A missing or malformed item. `reason` is missing-<item> or malformed-<attribute>; no value is quoted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse_live(items: Iterable[Item]) -> Live:
    """The snapshot of a control table: a pin in config, else a rollout in force, else the percentage in config.

    Other items and other attributes are ignored. ItemError where the config item is missing or malformed. A malformed
    rollout item counts as none, with a `reason`.
    """
    found = {name: item for item in items for name in ("config", "rollout") if item.get("item") == {"S": name}}
    if "config" not in found:
        raise ItemError("missing-config")
    config = _parse_config(found["config"])
    if config.pin != "none" or "rollout" not in found:
        return config
    try:
        return _parse_rollout(found["rollout"], config)
    except ItemError as error:
        reason = f"rollout-{error.reason}"
        return after_failure(config, reason)


def _parse_config(item: Item) -> Live:
    pin = _one_of(item, "pin", PINS)
    return Live(
        percent=_percent(item),
        pin=pin,
        release=_text(item, "release"),
        percent_from="config" if pin == "none" else "pin",
        revision=f"config:{_text(item, 'revision')}",
    )


def _parse_rollout(item: Item, config: Live) -> Live:
    """The rollout's values where they are in force, else the config's."""
    state = _one_of(item, "state", STATES)
    if state == ENDED or _text(item, "release") != config.release:
        return config
    if state in OVER and f"config:{_text(item, 'configRevision')}" != config.revision:
        return config
    return Live(
        percent=_percent(item),
        pin="none",
        release=config.release,
        is_withdrawn=state == ROLLED_BACK,
        percent_from="rollout",
        revision=f"rollout:{_count(item, 'revision')}",
    )


def _text(item: Item, name: str) -> str:
    value = item.get(name, {}).get("S")
    if isinstance(value, str) and 0 < len(value) <= MAX_TEXT_CHARACTERS:
        return value
    raise ItemError(f"malformed-{name}")


def _one_of(item: Item, name: str, allowed: tuple[str, ...]) -> str:
    value = _text(item, name)
    if value in allowed:
        return value
    raise ItemError(f"malformed-{name}")


def _count(item: Item, name: str) -> int:
    count = parse_count(item.get(name, {}).get("N"))
    if count is None:
        raise ItemError(f"malformed-{name}")
    return count


def _percent(item: Item) -> float:
    percent = parse_number(item.get("canaryPercent", {}).get("N"))
    if percent is None or not 0 <= percent <= 100:
        raise ItemError("malformed-canaryPercent")
    return percent
