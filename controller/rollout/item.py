"""The rollout item of the control table, as DynamoDB's API has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from controller.analysis.fields import FieldError, Fields
from controller.analysis.judgement import Test
from controller.analysis.plan import Plan
from controller.analysis.sample import Sample
from controller.rollout.state import STATES, Event, Rollout
from router.dynamodb.responses import parse_number

Item = dict[str, dict[str, Any]]
KEY = {"scope": {"S": "edge"}, "item": {"S": "rollout"}}
SMALLEST = 1e-120
"""DynamoDB has no positive number below 1e-130 ("Data types")."""
TIMES = ("startedAt", "stepStartedAt", "intervalStartedAt", "updatedAt", "measuredUntil")

_serialize = cast("Callable[[object], dict[str, Any]]", TypeSerializer().serialize)
_deserialize = cast("Callable[[object], object]", TypeDeserializer().deserialize)


def to_item(rollout: Rollout) -> Item:
    """All of it; the router reads state, canaryPercent, release, revision and configRevision."""
    times = (
        rollout.started_at,
        rollout.step_started_at,
        rollout.interval_started_at,
        rollout.updated_at,
        rollout.measured_until,
    )
    values = {
        "state": rollout.state,
        "canaryPercent": rollout.canary_percent,
        "release": rollout.release,
        "revision": rollout.revision,
        "configRevision": rollout.config_revision,
        "plan": rollout.plan.to_json(),
        "step": rollout.step,
        "looks": rollout.looks,
        "waitsForPin": rollout.waits_for_pin,
        "reason": rollout.reason,
        "samples": {name: sample.to_json() for name, sample in rollout.samples.items()},
        "tests": {name: test.to_json() for name, test in rollout.tests.items()},
        "history": [_of_event(event) for event in rollout.history],
        **dict(zip(TIMES, times, strict=True)),
    }
    return KEY | {name: _serialize(_exact(value)) for name, value in values.items()}


def from_item(item: Item) -> Rollout:
    """FieldError names what is missing or malformed."""
    if _has_odd_number(item):
        raise FieldError("a number is malformed")
    try:
        document = {name: _plain(_deserialize(value)) for name, value in item.items()}
    except (TypeError, AttributeError, ArithmeticError):
        raise FieldError("an attribute has an unknown type") from None
    fields = Fields(document)
    plan = Plan.from_json(fields.mapping("plan"))
    step = fields.count("step")
    if step >= len(plan.steps):
        raise fields.malformed("step")
    started, step_started, interval_started, updated, measured = (fields.count(name) for name in TIMES)
    return Rollout(
        plan=plan,
        release=fields.text("release"),
        state=fields.one_of("state", STATES),
        canary_percent=fields.number("canaryPercent", 0, 100),
        step=step,
        started_at=started,
        step_started_at=step_started,
        interval_started_at=interval_started,
        reason=fields.text("reason"),
        config_revision=fields.text("configRevision"),
        revision=fields.count("revision", least=1),
        looks=fields.count("looks"),
        updated_at=updated,
        measured_until=measured,
        waits_for_pin=fields.flag("waitsForPin"),
        samples={name: Sample.from_json(name, sample) for name, sample in fields.mapping("samples").items()},
        tests={name: Test.from_json(name, test) for name, test in fields.mapping("tests").items()},
        history=tuple(map(_to_event, fields.entries("history"))),
    )


def document_of(rollout: Rollout) -> dict[str, Any]:
    """The same as plain JSON, for commands and logs."""
    return {name: _plain(_deserialize(value)) for name, value in to_item(rollout).items() if name not in KEY}


def _has_odd_number(value: object) -> bool:
    """Find a number anywhere that DynamoDB does not write so; boto3 takes what Decimal takes, such as `1_0`."""
    if isinstance(value, list):
        return any(map(_has_odd_number, cast("list[object]", value)))
    if not isinstance(value, Mapping):
        return False
    named = cast("Mapping[str, object]", value)
    odd = "N" in named and not isinstance(named["N"], Mapping) and parse_number(named["N"]) is None
    return odd or any(map(_has_odd_number, named.values()))


def _of_event(event: Event) -> dict[str, Any]:
    return {"at": event.at, "state": event.state, "canaryPercent": event.canary_percent, "reason": event.reason}


def _to_event(document: object) -> Event:
    fields = Fields(document, "history.")
    return Event(
        fields.count("at"),
        fields.one_of("state", STATES),
        fields.number("canaryPercent", 0, 100),
        fields.text("reason"),
    )


def _exact(value: Any) -> Any:
    """The same without floats, which boto3 refuses."""
    if isinstance(value, float):
        return Decimal(repr(value)) if abs(value) >= SMALLEST else Decimal(0)
    if isinstance(value, Mapping):
        return {name: _exact(entry) for name, entry in cast("Mapping[str, Any]", value).items()}
    return [_exact(entry) for entry in cast("list[Any]", value)] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    """The same without Decimal."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {name: _plain(entry) for name, entry in cast("Mapping[str, Any]", value).items()}
    return [_plain(entry) for entry in cast("list[Any]", value)] if isinstance(value, list) else value
