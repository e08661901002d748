"""Announcements by SNS and EventBridge, read out of queues, and messages as Slack takes them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bench.rollouts.simulation import MemoryStore
from controller.rollout import transitions
from controller.rollout.events import Announcement
from controller.rollout.state import Rollout
from controller.sources.notifications import (
    EventBus,
    SlackHook,
    TopicNotifier,
    detail,
    send_pending,
    slack_message,
)
from controller.sources.webhooks import WebhookError
from tests.controller.conftest import ClientOf
from tests.controller.fakes import BEGIN, FAILING, PLAN, World
from tests.docs.pages import read


@pytest.fixture
def world() -> World:
    world = World()
    world.reconcile(5, FAILING)
    return world


def queue_of(client_of: ClientOf, name: str) -> tuple[str, str]:
    """A queue's URL and ARN."""
    sqs = client_of("sqs")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    return queue, sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def test_a_notification_has_text_for_people_and_json_for_programs(
    client_of: ClientOf, stack: str, world: World
) -> None:
    sns, sqs = client_of("sns"), client_of("sqs")
    topic = sns.create_topic(Name=stack)["TopicArn"]
    queue, arn = queue_of(client_of, stack)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    TopicNotifier(sns, topic, stack).send(world.sources.news[-1], world.rollout)
    body = json.loads(sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"])
    assert body["Subject"] == f"{stack}: rollout rolled-back, step 1 of 3, 0 %"
    text, _, document = body["Message"].partition("\n\n")
    assert text.splitlines()[0] == (f"The rollout of release 2026-11 on {stack} was rolled back (step 1 of 3, 0 %).")
    assert text.splitlines()[1].startswith("Reason: errors: canary 10.00 %")
    assert text.splitlines()[2].endswith(
        "latency: canary 100.0 ms, stable 100.0 ms, +0.0 % (-11.2 to +12.6; allowed 20.0), p = 1 > 0.002"
    )
    assert json.loads(document)["state"] == "rolled-back"


def test_an_event_is_on_the_default_bus_as_its_schema_says(client_of: ClientOf, stack: str, world: World) -> None:
    events, sqs = client_of("events"), client_of("sqs")
    queue, arn = queue_of(client_of, stack)
    pattern = {"source": ["edge-router"], "detail-type": ["Rollout state change"], "detail": {"stack": [stack]}}
    events.put_rule(Name=stack, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=stack, Targets=[{"Id": "queue", "Arn": arn}])
    EventBus(events, stack).send(world.sources.news[-1], world.rollout)
    event = json.loads(sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"])
    reason = event["detail"].pop("reason")
    assert reason.startswith("errors: canary 10.00 %")
    assert event["detail"] == {
        "version": 1,
        "id": f"{stack}/2027-01-15T08:00:00Z/2",
        "stack": stack,
        "release": "2026-11",
        "startedAt": "2027-01-15T08:00:00Z",
        "sequence": 2,
        "state": "rolled-back",
        "previousState": "running",
        "canaryPercent": 0,
        "previousCanaryPercent": 5,
        "step": 1,
        "steps": 3,
    }


def schema() -> dict[str, Any]:
    """The schema of the page on gates."""
    return json.loads(read("gates.md").split("```json\n", 1)[1].split("```", 1)[0])


def test_the_schema_on_the_page_has_every_field_and_no_other() -> None:
    world = World()
    for transition in (transitions.pause, transitions.resume, transitions.promote):
        world.ask(transition)
    world.reconcile()
    started = transitions.start(PLAN, MemoryStore().read(), 1).pending[0]
    validator = Draft202012Validator(schema())
    for news in [started, *world.sources.news]:
        validator.validate(detail("prod", news))
    assert set(schema()["properties"]) == set(schema()["required"]) == set(detail("prod", started))
    assert not validator.is_valid(detail("prod", started) | {"more": 1})


def test_an_event_that_eventbridge_does_not_take_is_a_failure(world: World) -> None:
    class Bus:
        def put_events(self, **_: object) -> dict[str, Any]:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException", "ErrorMessage": "slow"}]}

    with pytest.raises(RuntimeError, match=r"^ThrottlingException: slow$"):
        EventBus(Bus(), "prod").send(world.sources.news[-1], world.rollout)


def test_slack_gets_text_without_markup_of_its_own(world: World) -> None:
    world.ask(lambda items, now: items.rollout.note("a <!channel> & b", int(now)))
    world.reconcile()
    assert slack_message("prod", world.sources.news[-1]) == {
        "text": "The rollout of release 2026-11 on prod was rolled back (step 1 of 3, 0 %).",
        "blocks": [
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": "*The rollout of release 2026-11 on prod was rolled back (step 1 of 3, 0 %).*\n"
                    "a &lt;!channel&gt; &amp; b",
                },
            }
        ],
    }


def test_the_address_of_slack_is_in_no_failure(world: World) -> None:
    with pytest.raises(WebhookError, match=r"^its address is not https$"):
        SlackHook("http://127.0.0.1:1/services/SECRET", "prod").send(world.sources.news[-1], world.rollout)
    with pytest.raises(WebhookError) as caught:
        SlackHook("http://127.0.0.1:1/services/SECRET", "prod", may_be_local=True).send(
            world.sources.news[-1], world.rollout
        )
    assert "SECRET" not in str(caught.value)


class Channel:
    def __init__(self) -> None:
        self.sequences: list[int] = []
        self.is_down = False

    def send(self, news: Announcement, rollout: Rollout) -> None:
        if self.is_down:
            raise ConnectionError("down")
        self.sequences.append(news.event.sequence)


def test_a_channel_that_was_down_gets_what_it_missed_in_order_and_the_others_nothing_twice() -> None:
    world, up, down = World(), Channel(), Channel()
    channels = {"up": up, "down": down}
    down.is_down = True
    for transition in (transitions.pause, transitions.resume):
        world.ask(transition)
    left, failures = send_pending(world.rollout, channels, BEGIN)
    assert (up.sequences, failures) == ([2, 3], ["down: ConnectionError: down"])
    down.is_down = False
    assert send_pending(replace(world.rollout, pending=left), channels, BEGIN) == ((), [])
    assert (up.sequences, down.sequences) == ([2, 3], [2, 3])


def test_after_an_hour_a_channel_that_is_down_is_given_up() -> None:
    world, down = World(), Channel()
    down.is_down = True
    world.ask(transitions.pause)
    left, failures = send_pending(world.rollout, {"down": down}, BEGIN + 3_600)
    assert (left, failures[-1]) == ((), "given up: event 2 of the rollout is older than an hour")


def test_a_start_takes_along_what_was_not_announced_of_the_rollout_before(world: World) -> None:
    for _ in range(2):
        world.ask(lambda items, now: transitions.start(PLAN, items, now))
        world.ask(transitions.abort)
        world.now += 1
    told = [(news.event.reason, news.previous_state) for news in world.rollout.pending]
    assert told == [("started", "none"), ("aborted manually", "running")] * 2


def test_a_start_announces_the_end_of_what_it_replaces() -> None:
    world = World()
    world.memory.config(release="2026-12", revision="2")
    world.now += 60
    world.ask(lambda items, now: transitions.start(PLAN, items, now))
    world.reconcile()
    told = [(news.release, news.event.state, news.event.reason) for news in world.sources.news]
    assert told == [
        ("2026-11", "ended", "a rollout of release 2026-12 was started"),
        ("2026-12", "running", "started"),
    ]
