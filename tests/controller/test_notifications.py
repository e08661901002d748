"""Notifications by SNS, read out of a queue that subscribes to the topic."""

from __future__ import annotations

import json

from controller.sources.notifications import TopicNotifier
from tests.controller.conftest import ClientOf
from tests.controller.fakes import FAILING, World


def test_a_notification_has_text_for_people_and_json_for_programs(client_of: ClientOf, stack: str) -> None:
    sns, sqs = client_of("sns"), client_of("sqs")
    topic = sns.create_topic(Name=stack)["TopicArn"]
    queue = sqs.create_queue(QueueName=stack)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    world = World()
    world.reconcile(5, FAILING)
    TopicNotifier(sns, topic, stack).notify(world.rollout)
    body = json.loads(sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"])
    assert body["Subject"] == f"{stack}: rollout rolled-back, step 1 of 3, 0 %"
    text, _, document = body["Message"].partition("\n\n")
    assert text.splitlines()[0] == (f"The rollout of release 2026-11 on {stack} is rolled-back (step 1 of 3, 0 %).")
    assert text.splitlines()[1].startswith("Reason: errors: canary 10.00 %")
    assert text.splitlines()[2].endswith("latency: canary 100.0 ms, stable 100.0 ms, limit 120.0 ms, p = 1 > 0.002")
    assert json.loads(document)["state"] == "rolled-back"
