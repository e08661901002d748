"""Numbers as DynamoDB writes them, in the table's items and in the value that the function before the cache reads."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from boto3.dynamodb.types import DYNAMODB_CONTEXT
from hypothesis import given
from hypothesis import strategies as st

from controller.analysis.document import FieldError
from controller.rollout.item import from_item
from router.control.live import ItemError, parse_live
from router.dynamodb.responses import parse_count, parse_number
from tests.functions.deployed import Deployed, line
from tests.functions.events import viewer_request
from tests.router.control_table import config_item, rollout_item

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("number_vectors.json").read_text(encoding="utf-8"))
NUMBERS: dict[str, float] = VECTORS["numbers"]
MALFORMED: list[str] = VECTORS["malformed"]


@pytest.mark.parametrize(("text", "number"), NUMBERS.items())
def test_decimal_and_exponent_forms_are_numbers(text: str, number: float) -> None:
    assert parse_number(text) == number
    assert parse_live([config_item(canaryPercent={"N": text})]).percent == number


@pytest.mark.parametrize("text", MALFORMED)
def test_what_only_python_takes_for_a_number_is_none(text: str) -> None:
    assert (parse_number(text), parse_count(text)) == (None, None)
    with pytest.raises(ItemError, match=r"^malformed-canaryPercent$"):
        parse_live([config_item(canaryPercent={"N": text})])
    live = parse_live([config_item(), rollout_item(revision={"N": text})])
    assert (live.percent_from, live.reason) == ("config", "rollout-malformed-revision")


@pytest.mark.parametrize("value", [7, 7.5, True, None, b"7", ["7"], {"N": "7"}])
def test_what_is_no_text_is_no_number(value: object) -> None:
    assert (parse_number(value), parse_count(value)) == (None, None)


@pytest.mark.parametrize(
    "text", ["1" * 39, "0." + "1" * 39, "1e126", "-1e126", "1e-131", "1e-400", "1E+99999999999999999999", "9" * 5_000]
)
def test_beyond_dynamodbs_range_and_precision_is_no_number(text: str) -> None:
    assert parse_number(text) is None


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_whatever_dynamodb_can_hold_is_a_number(number: Decimal) -> None:
    """As boto3 writes it, which makes of a number what DynamoDB takes or refuses."""
    try:
        text = str(DYNAMODB_CONTEXT.create_decimal(number)).removeprefix("-")
    except ArithmeticError:
        return
    assert parse_number(text) == float(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0", 0),
        ("7", 7),
        ("7.0", 7),
        ("1E+2", 100),
        ("9" * 38, int("9" * 38)),
        ("1E+30", None),
        ("7.5", None),
        ("-7", None),
    ],
)
def test_a_count_is_whole(text: str, count: int | None) -> None:
    assert parse_count(text) == count


@pytest.mark.parametrize(("text", "revision"), [("7", "rollout:7"), ("1E+2", "rollout:100"), ("7.0", "rollout:7")])
def test_a_revision_reads_the_same_in_whatever_form(text: str, revision: str) -> None:
    assert parse_live([config_item(), rollout_item(revision={"N": text})]).revision == revision


@pytest.mark.parametrize("text", MALFORMED)
def test_the_controller_takes_the_same_numbers(text: str) -> None:
    with pytest.raises(FieldError, match=r"^a number is malformed$"):
        from_item(rollout_item(looks={"N": text}))
    with pytest.raises(FieldError, match=r"^a number is malformed$"):
        from_item(rollout_item(samples={"M": {"stable": {"L": [{"M": {"requests": {"N": text}}}]}}}))


FUNCTION = Deployed("cookie-version", cookieVersion={"caching": "versioned"}, canaryPercent="0", release="r")


def reason_at(percent: object) -> str:
    FUNCTION.store.put("canary", json.dumps({"percent": percent, "pin": "none", "release": "r"}))
    return line(FUNCTION.run(viewer_request()))["reason"]


@pytest.mark.parametrize("text", MALFORMED)
def test_the_function_before_the_cache_refuses_the_same(text: str) -> None:
    assert reason_at(text) == "malformed-config"


@pytest.mark.parametrize("text", NUMBERS)
def test_the_function_before_the_cache_takes_the_same(text: str) -> None:
    assert reason_at(text) == "no-cookie"


def test_in_json_a_number_is_one_without_quotes_too() -> None:
    assert [reason_at(value) for value in (10, 12.5, True, ["10"], {"N": "10"}, -1, 1e300)] == [
        *["no-cookie"] * 2,
        *["malformed-config"] * 5,
    ]
