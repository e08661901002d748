"""What the control table's items say: pin in config, then a rollout in force, then the percentage in config."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.control.live import ItemError, parse_live, summarize
from router.model.assignment import Live
from tests.router.control_table import config_item, rollout_item

CONFIG_10 = ("config", "config:1a2b3c4d", 10.0, "none", False)
ROLLOUT_25 = ("rollout", "rollout:7", 25.0, "none", False)
OTHER_REVISION = {"configRevision": {"S": "00000000"}}
OTHER_RELEASE = {"release": {"S": "2026-10"}}


def state(name: str, **changes: Any) -> dict[str, Any]:
    return rollout_item(state={"S": name}, **changes)


def summary(live: Live) -> tuple[str, str, float, str, bool]:
    return live.percent_from, live.revision, live.percent, live.pin, live.is_withdrawn


PRECEDENCE = [
    ("no rollout", None, CONFIG_10),
    ("running", state("running"), ROLLOUT_25),
    ("paused", state("paused"), ROLLOUT_25),
    ("succeeded", state("succeeded"), ROLLOUT_25),
    ("rolled back", state("rolled-back", canaryPercent={"N": "0"}), ("rollout", "rollout:7", 0.0, "none", True)),
    ("ended", state("ended"), CONFIG_10),
    ("running, config changed since", state("running", **OTHER_REVISION), ROLLOUT_25),
    ("paused, config changed since", state("paused", **OTHER_REVISION), ROLLOUT_25),
    ("succeeded, config changed since", state("succeeded", **OTHER_REVISION), CONFIG_10),
    ("rolled back, config changed since", state("rolled-back", **OTHER_REVISION), CONFIG_10),
    ("running, of another release", state("running", **OTHER_RELEASE), CONFIG_10),
    ("paused, of another release", state("paused", **OTHER_RELEASE), CONFIG_10),
    ("succeeded, of another release", state("succeeded", **OTHER_RELEASE), CONFIG_10),
    ("rolled back, of another release", state("rolled-back", **OTHER_RELEASE), CONFIG_10),
]


@pytest.mark.parametrize(
    ("rollout", "expected"), [case[1:] for case in PRECEDENCE], ids=[case[0] for case in PRECEDENCE]
)
@pytest.mark.parametrize("is_config_first", [True, False])
def test_a_rollout_in_force_stands_above_the_percentage_in_config(
    rollout: dict[str, Any] | None, expected: tuple[object, ...], is_config_first: bool
) -> None:
    items = [config_item(), *([rollout] if rollout else [])]
    live = parse_live(items if is_config_first else reversed(items))
    assert (summary(live), live.release, live.reason) == (expected, "2026-11", "")


@pytest.mark.parametrize("pin", ["stable", "canary"])
@pytest.mark.parametrize("rollout", [case[1] for case in PRECEDENCE], ids=[case[0] for case in PRECEDENCE])
def test_a_pin_in_config_stands_above_everything(pin: str, rollout: dict[str, Any] | None) -> None:
    live = parse_live([config_item(pin={"S": pin}), *([rollout] if rollout else [])])
    assert summary(live) == ("pin", "config:1a2b3c4d", 10.0, pin, False)


MALFORMED_PERCENTAGES: list[Any] = [
    *({"N": text} for text in ("abc", "101", "-1", "100.01", "NaN", "Infinity", "-Infinity", "1e400", "")),
    *({"S": "10"}, {"BOOL": True}, {"N": True}, {"N": 10}, {"NULL": True}, {"N": None}, {}),
    None,
]
MALFORMED_CONFIGS: list[tuple[str, Any]] = [
    *(("canaryPercent", value) for value in MALFORMED_PERCENTAGES),
    *(("pin", value) for value in ({"S": "beta"}, {"S": ""}, {"S": ["none"]}, {"N": "1"}, {"S": "None"}, None)),
    *(("release", value) for value in ({"S": ""}, {"S": "x" * 257}, {"N": "1"}, None)),
    *(("revision", value) for value in ({"S": ""}, {"S": "x" * 257}, {"N": "1"}, None)),
]


@pytest.mark.parametrize(("name", "value"), MALFORMED_CONFIGS)
def test_a_malformed_config_item_says_which_attribute(name: str, value: Any) -> None:
    with pytest.raises(ItemError, match=f"^malformed-{name}$"):
        parse_live([config_item(**{name: value}), rollout_item()])


@pytest.mark.parametrize("items", [[], [rollout_item()], [{"item": {"S": "other"}}], [{"item": {"S": ["config"]}}]])
def test_without_a_config_item_nothing_is_in_force(items: list[Any]) -> None:
    with pytest.raises(ItemError, match=r"^missing-config$"):
        parse_live(items)


MALFORMED_ROLLOUTS: list[tuple[str, Any]] = [
    *(("canaryPercent", value) for value in MALFORMED_PERCENTAGES),
    *(("state", value) for value in ({"S": "jogging"}, {"S": ""}, {"N": "1"}, None)),
    *(("release", value) for value in ({"S": ""}, {"N": "1"}, None)),
    *(("revision", value) for value in ({"N": "7.5"}, {"N": "-7"}, {"S": "7"}, {"N": ""}, {"N": "7" * 300}, None)),
]


@pytest.mark.parametrize(("name", "value"), MALFORMED_ROLLOUTS)
def test_a_malformed_rollout_item_leaves_the_config_in_force_and_says_so(name: str, value: Any) -> None:
    live = parse_live([config_item(), rollout_item(**{name: value})])
    assert (summary(live), live.reason) == (CONFIG_10, f"rollout-malformed-{name}")


@pytest.mark.parametrize("name", ["succeeded", "rolled-back"])
def test_a_rollout_that_is_over_has_to_say_which_config_it_followed(name: str) -> None:
    live = parse_live([config_item(), state(name, configRevision=None)])
    assert (summary(live), live.reason) == (CONFIG_10, "rollout-malformed-configRevision")


def test_what_a_running_rollout_does_not_need_is_not_judged() -> None:
    assert parse_live([config_item(), rollout_item(configRevision=None)]).reason == ""
    assert parse_live([config_item(), state("ended", canaryPercent={"N": "abc"}, revision=None)]).reason == ""


def test_other_items_and_attributes_are_ignored() -> None:
    odd = {"item": {"S": "notes"}, "canaryPercent": {"N": "abc"}}
    nameless = {"canaryPercent": {"N": "abc"}}
    live = parse_live(
        [odd, nameless, config_item(comment={"S": "x"}, stateless={"M": {}}), rollout_item(plan={"L": []})]
    )
    assert (summary(live), live.reason) == (ROLLOUT_25, "")


@pytest.mark.parametrize(
    ("text", "percent"), [("0", 0.0), ("0.05", 0.05), ("12.5", 12.5), ("100", 100.0), ("1E+1", 10.0)]
)
def test_a_percentage_is_a_number_from_0_to_100(text: str, percent: float) -> None:
    assert parse_live([config_item(canaryPercent={"N": text})]).percent == percent


values = st.one_of(
    st.none(),
    st.text(max_size=5),
    st.sampled_from(["config", "rollout", "running", "rolled-back", "none", "stable", "2026-11", "10", "NaN"]),
    st.lists(st.text(max_size=2), max_size=2),
    st.booleans(),
    st.floats(),
)
attributes = st.dictionaries(st.sampled_from(["S", "N", "BOOL", "M"]), values, max_size=2)
names = st.sampled_from(["item", "state", "canaryPercent", "pin", "release", "revision", "configRevision"])
odd_items = st.lists(st.dictionaries(names, attributes, max_size=7), max_size=4)


@given(odd_items, st.booleans(), st.dictionaries(names, attributes, max_size=3))
def test_whatever_the_table_holds_a_value_that_makes_sense_or_a_reason(
    items: list[Any], has_config: bool, changes: dict[str, Any]
) -> None:
    live, reason = read([*([config_item(**changes), rollout_item(**changes)] if has_config else []), *items])
    assert re.fullmatch(r"|missing-config|malformed-[A-Za-z]+", reason)
    assert 0 <= live.percent <= 100
    assert live.pin in {"none", "stable", "canary"}
    assert live.release
    assert json.dumps([live.revision, live.reason])


def read(items: list[Any]) -> tuple[Live, str]:
    try:
        return parse_live(items), ""
    except ItemError as error:
        return parse_live([config_item()]), error.reason


@pytest.mark.parametrize(
    ("live", "text"),
    [
        (Live(25.0, "none", "r", False, "rollout", "rollout:7"), "rollout:7 says 25 %"),
        (Live(12.5, "stable", "r", False, "pin", "config:1a2b3c4d"), "config:1a2b3c4d says 12.5 %"),
        (Live(0.0, "none", "r", True, "rollout", "rollout:8"), "rollout:8 says 0 %, canary withdrawn"),
        (Live(0.0, "none", "", reason="table-timeout"), "baked says 0 %; last refresh: table-timeout"),
    ],
)
def test_a_person_can_read_what_is_in_force(live: Live, text: str) -> None:
    assert summarize(live) == text
