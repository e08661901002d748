"""What is in force: percentage, pin and release, as the two items of the control table say, by their precedence."""

from __future__ import annotations

from router.model.numbers import parse_count, parse_number
from router.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from router.dynamodb.responses import Item

PINS = "none", "stable", "canary"
# A running or paused rollout takes precedence over the config item, one that is over until the config item changes.
RUNNING, PAUSED, SUCCEEDED, ROLLED_BACK, ENDED = STATES = "running", "paused", "succeeded", "rolled-back", "ended"
OVER = SUCCEEDED, ROLLED_BACK
MAX_TEXT_CHARACTERS = 256
"""A longer release or revision is none of ours; revisions stand in every line of the log."""


@record
class Live:
    """The percentage, pin and release in force, and where they come from.

    `release` is "" where it is unknown. `is_withdrawn`: the canary was rolled back, and nobody is sent there any more.
    `percent_from`: baked, config, rollout or pin. `revision`: "config:<8 hex digits>" or "rollout:<number>", "" where
    nothing has ever been read. `reason`: why the last refresh brought nothing, or not all; "" where it brought all.
    """

    percent: float
    pin: str
    release: str
    is_withdrawn: bool = False
    percent_from: str = "baked"
    revision: str = ""
    reason: str = ""

    @property
    def said(self) -> str:
        """For a person: `rollout:7 says 25 %`."""
        withdrawn = ", canary withdrawn" if self.is_withdrawn else ""
        kept = f"; last refresh: {self.reason}" if self.reason else ""
        return f"{self.revision or 'baked'} says {self.percent:g} %{withdrawn}{kept}"

    def kept(self, reason: str) -> Live:
        """The same, still in force after a refresh that failed for this reason."""
        return Live(self.percent, self.pin, self.release, self.is_withdrawn, self.percent_from, self.revision, reason)


class ItemError(ValueError):
    """An item that makes no sense. `reason` is missing-<item> or malformed-<attribute>; no value is quoted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def live_of(items: Iterable[Item]) -> Live:
    """What the control table's items say: a pin in config, else a rollout in force, else the percentage in config.

    Other items and other attributes are ignored. ItemError where the config item is missing or malformed. A malformed
    rollout item counts as none, and `reason` says so.
    """
    named = {name: item for item in items for name in ("config", "rollout") if item.get("item") == {"S": name}}
    if "config" not in named:
        raise ItemError("missing-config")
    config = _of_config(named["config"])
    if config.pin != "none" or "rollout" not in named:
        return config
    try:
        return _of_rollout(named["rollout"], config)
    except ItemError as error:
        reason = f"rollout-{error.reason}"
        return config.kept(reason)


def _of_config(item: Item) -> Live:
    pin = _one_of(item, "pin", PINS)
    return Live(
        percent=_percent(item),
        pin=pin,
        release=_text(item, "release"),
        percent_from="config" if pin == "none" else "pin",
        revision=f"config:{_text(item, 'revision')}",
    )


def _of_rollout(item: Item, config: Live) -> Live:
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
