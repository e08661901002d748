"""aws:sns/topic:Topic and aws:sns/topicSubscription:TopicSubscription."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import (
    ACCOUNT_ID,
    Creation,
    Properties,
    ResourceModel,
    Scope,
    digest,
    tags_all,
    words,
)
from simulator.standin.model.rules import among, matching
from simulator.standin.models.iam.roles import statements

TOPIC_TYPE = "aws:sns/topic:Topic"
_ENDPOINTS = {"email": r"[^@\s]+@[^@\s]+\.[^@\s]+", "https": r"https://[^\s/]+\S*"}
"""What the endpoint of a protocol looks like (Subscribe, SNS API reference); other protocols are not modelled."""


def _check_subscription(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    topic, endpoint = inputs.get("topic"), inputs.get("endpoint")
    if isinstance(topic, str) and scope.find(TOPIC_TYPE, arn=topic) is None:
        yield Failure("topic", f"is {topic!r}: there is no such topic in this deployment (NotFound)")
    pattern = _ENDPOINTS.get(str(inputs.get("protocol")))
    if pattern and isinstance(endpoint, str) and not re.fullmatch(pattern, endpoint):
        yield Failure("endpoint", f"is no endpoint of the protocol {inputs['protocol']} (InvalidParameter)")


def _check_topic_policy(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    topic, policy = inputs.get("arn"), inputs.get("policy")
    if isinstance(topic, str) and scope.find(TOPIC_TYPE, arn=topic) is None:
        yield Failure("arn", f"is {topic!r}: there is no such topic in this deployment (NotFound)")
    if not isinstance(policy, str):
        return
    if not statements(policy):
        yield Failure("policy", "is not a JSON policy document with at least one statement (InvalidParameter)")
    for index, statement in enumerate(statements(policy)):
        for name in ("Effect", "Principal", "Action", "Resource"):
            if name not in statement:
                yield Failure(f"policy.Statement[{index}]", f"has no {name} (InvalidParameter)")


def _topic_arn(creation: Creation) -> str:
    return creation.scope.arn("sns", str(creation.inputs["name"]), creation.region)


def _subscription_arn(creation: Creation) -> str:
    part = digest(creation.urn, creation.inputs["topic"], creation.inputs["endpoint"])[:16]
    return f"{creation.inputs['topic']}:{uuid.UUID(bytes=part, version=4)}"


TOPIC = ResourceModel(
    type=TOPIC_TYPE,
    args="sns.TopicArgs",
    modelled=words("displayName kmsMasterKeyId name region tags"),
    identify=_topic_arn,
    compute=lambda creation: {
        "arn": _topic_arn(creation),
        "owner": ACCOUNT_ID,
        "region": creation.region,
        "tagsAll": tags_all(creation),
    },
    replaces=frozenset({"name", "region"}),
    computed=words("arn owner region tagsAll"),
    defaults={"contentBasedDeduplication": False, "fifoTopic": False},
    rules={
        "name": matching(r"[A-Za-z0-9_-]{1,256}", "1 to 256 letters, digits, '-' or '_'"),
        "displayName": matching(r".{0,100}", "at most 100 characters"),
    },
    named=256,
)

# Who is subscribed has to agree first: email and https subscriptions are pending until then.
TOPIC_SUBSCRIPTION = ResourceModel(
    type="aws:sns/topicSubscription:TopicSubscription",
    args="sns.TopicSubscriptionArgs",
    modelled=words("endpoint protocol region topic"),
    identify=_subscription_arn,
    compute=lambda creation: {
        "arn": creation.id,
        "confirmationWasAuthenticated": False,
        "ownerId": ACCOUNT_ID,
        "pendingConfirmation": True,
        "region": creation.region,
    },
    replaces=words("endpoint protocol region topic"),
    computed=words("arn confirmationWasAuthenticated ownerId pendingConfirmation region"),
    defaults={"endpointAutoConfirms": False, "rawMessageDelivery": False},
    rules={"protocol": among(*_ENDPOINTS)},
    check=_check_subscription,
)

TOPIC_POLICY = ResourceModel(
    type="aws:sns/topicPolicy:TopicPolicy",
    args="sns.TopicPolicyArgs",
    modelled=words("arn policy region"),
    identify=lambda creation: str(creation.inputs["arn"]),
    compute=lambda creation: {"owner": ACCOUNT_ID, "region": creation.region},
    replaces=words("arn region"),
    computed=words("owner region"),
    check=_check_topic_policy,
)
