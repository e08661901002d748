"""The sections `control`, `rollout` and `validator`: what is read, and what every mistake is answered with."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.config.rules import sns_protocol
from infra.settings.rollouts.plan import parse_duration
from simulator.standin.config.stack_config import read_stack_config
from strategies.registry import STRATEGIES
from tests.infra.configs import BY_PERCENTAGE, ROOT, choosing, problems_of, shipped_stack, stack_of

PERCENT_RULE = "a percentage from 0 to 100 with at most two decimals, such as 10 or 12.5"
DURATION_RULE = "a duration from 1s to 24h, such as 90s, 10m or 1h"
ALARM = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout errors"
ALARM_RULE = "the ARN of a CloudWatch alarm is arn:aws:cloudwatch:<Region>:<account>:alarm:<name>"
NOTIFY_RULE = (
    "an email address or an https URL; anything else subscribes to the topic in the stack's output rolloutTopic"
)

CONTROL_MISTAKES: list[tuple[Any, str]] = [
    ("liev", "control is 'liev': did you mean live? Allowed: baked, live, or an object with mode"),
    (["live"], 'control is ["live"]: expected an object'),
    ({"mode": "bake"}, "control.mode is 'bake': did you mean baked? Allowed: baked, live"),
    ({"refreshSeconds": 0}, "control.refreshSeconds is 0: allowed is 1 to 300 seconds"),
    ({"refreshSeconds": 301}, "control.refreshSeconds is 301: allowed is 1 to 300 seconds"),
    ({"refreshSeconds": "soon"}, "control.refreshSeconds is 'soon': expected a whole number"),
    ({"refresh": 5}, "control.refresh is an unknown key: did you mean refreshSeconds? Allowed: fallback, homeRegion,"),
    ({"tableName": "a b"}, "control.tableName is 'a b': a table name has 3 to 255 letters, digits and _-. characters"),
    (
        {"homeRegion": "eu-west-9"},
        "control.homeRegion is 'eu-west-9', which is not an AWS Region: did you mean eu-west-3?",
    ),
    (
        {"replicas": ["eu-west-1", "us-east-1"]},
        "control.replicas[1] is 'us-east-1': that is homeRegion, where the table is anyway; list the other Regions",
    ),
    (
        {"replicas": ["eu-west-9"]},
        "control.replicas[0] is 'eu-west-9', which is not an AWS Region: did you mean eu-west-3?",
    ),
    ({"fallback": {"canaryPercent": "101"}}, f"control.fallback.canaryPercent is '101': {PERCENT_RULE}"),
    ({"fallback": {"pin": "on"}}, "control.fallback.pin is 'on': "),
]


@pytest.mark.parametrize(("control", "text"), CONTROL_MISTAKES, ids=[text for _, text in CONTROL_MISTAKES])
def test_a_mistake_in_control_names_its_full_key_and_what_is_allowed(control: Any, text: str) -> None:
    [problem] = problems_of(control=control)
    assert problem.startswith(f"edge-router:{text}")


METRIC = {"namespace": "Shop", "metric": "Orders"}

ROLLOUT_MISTAKES: list[tuple[Any, str]] = [
    ("fast", "rollout is [secret]: expected an object"),
    ({"steps": [5, "10%"]}, f"rollout.steps[1] is '10%': {PERCENT_RULE}"),
    ({"steps": [5, 12.345]}, f"rollout.steps[1] is 12.345: {PERCENT_RULE}"),
    ({"steps": [0, 5]}, "rollout.steps[0] is 0: must be above the step before, that is 0"),
    ({"steps": [5, 5, 100]}, "rollout.steps[1] is 5: must be above the step before, that is 5"),
    ({"steps": [5, 25, 12.5]}, "rollout.steps[2] is 12.5: must be above the step before, that is 25"),
    ({"steps": []}, "rollout.steps has 0 entries: a plan has 1 to 20"),
    ({"steps": list(range(1, 22))}, "rollout.steps has 21 entries: a plan has 1 to 20"),
    ({"steps": "1,5"}, "rollout.steps is '1,5': expected a list; by --set, item by item: rollout.steps[0]=…"),
    ({"interval": "10"}, f"rollout.interval is '10': {DURATION_RULE}"),
    ({"interval": "0s"}, f"rollout.interval is '0s': {DURATION_RULE}"),
    ({"interval": "25h"}, f"rollout.interval is '25h': {DURATION_RULE}"),
    ({"interval": "10 minutes"}, f"rollout.interval is '10 minutes': {DURATION_RULE}"),
    ({"maxErrorRateIncrease": -1}, f"rollout.maxErrorRateIncrease is -1: {PERCENT_RULE}"),
    ({"maxLatencyIncrease": 1001}, "rollout.maxLatencyIncrease is 1001.0: allowed is 0 to 1000 percent"),
    ({"minimumRequests": 9}, "rollout.minimumRequests is 9: allowed is 10 to 1000000 requests"),
    ({"onInconclusive": "stop"}, "rollout.onInconclusive is 'stop': allowed: pause, roll-back, wait"),
    ({"alarms": ["errors"]}, f"rollout.alarms[0] is 'errors': {ALARM_RULE}"),
    ({"alarms": [ALARM, ALARM]}, f"rollout.alarms lists '{ALARM}' twice"),
    (
        {"alarms": ["arn:aws:cloudwatch:eu-west-9:123456789012:alarm:x"]},
        "rollout.alarms[0] is 'arn:aws:cloudwatch:eu-west-9:123456789012:alarm:x', and its Region is 'eu-west-9',"
        " which is not an AWS Region: did you mean eu-west-3?",
    ),
    ({"alarms": [f"{ALARM}{index}" for index in range(101)]}, "rollout.alarms has 101 entries: at most 100"),
    ({"notify": ["somebody"]}, f"rollout.notify[0] is 'somebody': {NOTIFY_RULE}"),
    ({"notify": ["http://example.com/hook"]}, f"rollout.notify[0] is 'http://example.com/hook': {NOTIFY_RULE}"),
    ({"notify": ["a@b.example.com", "a@b.example.com"]}, "rollout.notify lists 'a@b.example.com' twice"),
    ({"onSampleRatioMismatch": "stop"}, "rollout.onSampleRatioMismatch is 'stop': allowed: hold, roll-back, warn"),
    (
        {"metrics": {"a b": METRIC}},
        'rollout.metrics["a b"] is not a name of a metric: a letter, then up to 39 letters,',
    ),
    (
        {"metrics": dict.fromkeys(map("m{}".format, range(11)), METRIC)},
        "rollout.metrics has 11 entries: at most 10",
    ),
    ({"metrics": {"orders": {"namespace": "Shop"}}}, "rollout.metrics.orders.metric is missing: it is required"),
    (
        {"metrics": {"orders": METRIC | {"dimensions": {"Version": "2"}}}},
        "rollout.metrics.orders.dimensions has Version, which is versionDimension: its values are those of stable and",
    ),
    (
        {"metrics": {"orders": METRIC | {"canary": "stable"}}},
        "rollout.metrics.orders.canary is 'stable', as stable is: the values of a version's dimension differ",
    ),
    (
        {"metrics": {"orders": METRIC | {"statistic": "p99"}}},
        "rollout.metrics.orders.statistic is an unknown key: allowed: allowedChange,",
    ),
    (
        {"metrics": {"orders": METRIC | {"compare": "sum"}}},
        "rollout.metrics.orders.compare is 'sum': allowed: average,",
    ),
    (
        {"metrics": {"orders": METRIC | {"regions": ["eu-west-9"]}}},
        "rollout.metrics.orders.regions[0] is 'eu-west-9', which is not an AWS Region: did you mean eu-west-3?",
    ),
    ({"step": [1]}, "rollout.step is an unknown key: did you mean steps? Allowed: alarms, baseline, gates,"),
]


@pytest.mark.parametrize(("rollout", "text"), ROLLOUT_MISTAKES, ids=[text for _, text in ROLLOUT_MISTAKES])
def test_a_mistake_in_rollout_names_its_full_key_and_what_is_allowed(rollout: Any, text: str) -> None:
    [problem] = problems_of(control="live", rollout=rollout)
    assert problem.startswith(f"edge-router:{text}")


@pytest.mark.parametrize("control", ["baked", {"mode": "baked"}, None])
def test_a_rollout_waits_while_control_is_baked_and_preview_says_so(control: Any) -> None:
    settings = stack_of(control=control, rollout={"steps": [10]}).settings
    assert not settings.has_rollout
    assert settings.warnings() == [
        "rollout: waits while control is baked, for a rollout moves the percentage in the control table: nothing steers"
        " until edge-router:control is live"
    ]


@pytest.mark.parametrize(
    ("validator", "text"),
    [
        ({"function": "yes, please"}, "validator.function is 'yes, please': expected true or false"),
        ({"timeoutSeconds": 901}, "validator.timeoutSeconds is 901: allowed is 10 to 900 seconds"),
        ({"memoryMb": 64}, "validator.memoryMb is 64: allowed is 128 to 10240 MB"),
    ],
)
def test_a_mistake_in_validator_names_its_full_key_and_what_is_allowed(validator: Any, text: str) -> None:
    assert problems_of(validator=validator) == [f"edge-router:{text}"]


def test_a_read_of_the_control_table_ends_before_the_deadline_too() -> None:
    reads = {"readTimeoutMs": 500, "totalTimeoutMs": 1600}
    assert problems_of(tableReads=reads) == []
    assert problems_of(control="live", tableReads=reads) == [
        "edge-router:tableReads.totalTimeoutMs is 1600: with the 500 of readTimeoutMs, which a read of the control"
        " table may take before, it must stay below function.deadlineMs, that is 2000"
    ]


def test_probes_and_a_read_of_the_control_table_end_before_the_deadline() -> None:
    probes = {"strategy": "fastest-origin", "fastestOrigin": {"probeTimeoutMs": 700}, "function": {"deadlineMs": 1100}}
    probes["tableReads"] = {"totalTimeoutMs": 500}
    assert problems_of(**probes) == []
    assert problems_of(control="live", **probes) == [
        "edge-router:function.deadlineMs is 1100: must be above what fastest-origin may wait, that is 1150"
    ]


def test_a_word_stands_for_an_object_of_that_mode() -> None:
    assert stack_of().settings.control.is_live is False
    live = stack_of(control="live").settings.control
    assert live.is_live
    assert (live.refresh_seconds, live.home_region, live.replicas) == (10, "us-east-1", ("eu-west-1", "ap-southeast-1"))
    assert (live.fallback.canary_percent, live.fallback.pin) == (0.0, "none")
    assert stack_of(control={"mode": "baked", "refreshSeconds": 5}).settings.control.is_live is False


def test_an_object_without_mode_is_live() -> None:
    """`pulumi config set --path control.refreshSeconds 5` takes the word `live` away."""
    control = shipped_stack("prod", "control.refreshSeconds=5").settings.control
    assert (control.is_live, control.refresh_seconds) == (True, 5)


def test_another_home_region_is_no_replica_of_itself() -> None:
    control = stack_of(control={"homeRegion": "eu-west-1"}).settings.control
    assert control.replicas == ("ap-southeast-1",)
    assert stack_of(control={"homeRegion": "eu-central-1"}).settings.control.replicas == ("eu-west-1", "ap-southeast-1")


@pytest.mark.parametrize(
    ("override", "value"),
    [("control=live", "live"), ("control=baked", "baked"), ("control.refreshSeconds=5", '{"refreshSeconds":5}')],
)
def test_both_forms_of_control_pass_the_engine(override: str, value: str) -> None:
    config = read_stack_config("staging", project=ROOT, overrides=[override])
    assert config.values["edge-router:control"] == value


def test_the_control_table_is_no_strategys_table() -> None:
    [problem] = problems_of(control={"tableName": "Routing"}, stickySession={"tableName": "Routing"})
    assert problem == (
        "edge-router:stickySession.tableName is 'Routing', which is control.tableName: every section has a table of its"
        " own"
    )


def test_a_plan_has_numbers_from_strings_too_and_may_end_below_100() -> None:
    rollout = stack_of(
        control="live", rollout={"steps": ["2.5", 50], "interval": "90s", "alarms": [ALARM]}
    ).settings.rollout
    assert rollout is not None
    assert (rollout.steps, rollout.interval_seconds, rollout.alarms) == ((2.5, 50.0), 90, (ALARM,))


@pytest.mark.parametrize(("text", "seconds"), [("1s", 1), ("90s", 90), ("10m", 600), ("24h", 86_400)])
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("endpoint", "protocol"),
    [
        ("releases@example.com", "email"),
        ("https://hooks.example.com/a?b=c", "https"),
        ("http://hooks.example.com/a", ""),
        ("https:///a", ""),
        ("@example.com", ""),
        ("a@localhost", ""),
        ("arn:aws:sqs:us-east-1:123456789012:queue", ""),
    ],
)
def test_who_can_be_notified(endpoint: str, protocol: str) -> None:
    assert sns_protocol(endpoint) == protocol


def test_a_short_interval_is_warned_of() -> None:
    short = stack_of(control="live", rollout={"interval": "90s"}).settings
    assert short.warnings() == [
        "rollout.interval is 90s: the controller runs once a minute and CloudWatch's metrics come by the minute, so a"
        " step under 2m has next to no data. For trials only"
    ]
    assert stack_of(control="live", rollout={"interval": "2m"}).settings.warnings() == []


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup")
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_rollout_runs_only_where_the_percentage_assigns(strategy: str) -> None:
    settings = shipped_stack("prod", *choosing(strategy)).settings
    assert settings.has_rollout is (strategy in BY_PERCENTAGE)
    assert settings.rollout is not None


@pytest.mark.parametrize("stack", ["local", "staging", "prod"])
def test_shipped_stacks_are_live_and_warn_of_nothing(stack: str) -> None:
    settings = shipped_stack(stack).settings
    assert settings.control.is_live
    assert settings.warnings() == []
    assert json.loads(json.dumps(settings.rollout.model_dump()))["steps"][-1] == 100.0  # type: ignore[union-attr]
