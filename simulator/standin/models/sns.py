"""aws:sns/topic:Topic and aws:sns/topicSubscription:TopicSubscription."""

import re
from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import ACCOUNT_ID, Creation, Properties, ResourceModel, Scope, draw_uuid, words
from simulator.standin.model.rules import among, matching
from simulator.standin.models.iam import statements

TOPIC_TYPE = "aws:sns/topic:Topic"
_ENDPOINTS = {"email": r"[^@\s]+@[^@\s]+\.[^@\s]+", "https": r"https://[^\s/]+\S*"}
"""The form of a protocol's endpoint (Subscribe, SNS API reference); other protocols are not modelled."""


def _check_subscription(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    endpoint = inputs.get("endpoint")
    yield from scope.missing("topic", inputs.get("topic"), TOPIC_TYPE, "topic", error="NotFound")
    pattern = _ENDPOINTS.get(str(inputs.get("protocol")))
    if pattern and isinstance(endpoint, str) and not re.fullmatch(pattern, endpoint):
        yield Failure("endpoint", f"is not an endpoint of the protocol {inputs['protocol']} (InvalidParameter)")


def _check_topic_policy(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    policy = inputs.get("policy")
    yield from scope.missing("arn", inputs.get("arn"), TOPIC_TYPE, "topic", error="NotFound")
    if not isinstance(policy, str):
        return
    if not statements(policy):
        yield Failure("policy", "is not a JSON policy document with at least one statement (InvalidParameter)")
    for index, statement in enumerate(statements(policy)):
        for name in ("Effect", "Principal", "Action", "Resource"):
            if name not in statement:
                yield Failure(f"policy.Statement[{index}]", f"has no {name} (InvalidParameter)")


def _subscription_arn(creation: Creation) -> str:
    topic, endpoint = creation.inputs["topic"], creation.inputs["endpoint"]
    return f"{topic}:{draw_uuid(creation.urn, topic, endpoint)}"


TOPIC = ResourceModel(
    type=TOPIC_TYPE,
    modelled=words("displayName kmsMasterKeyId name region tags"),
    identify=lambda creation: creation.scope.arn("sns", str(creation.inputs["name"]), creation.region),
    arn="{id}",
    compute=lambda _creation: {"owner": ACCOUNT_ID},
    replaces=words("name"),
    computed=words("owner"),
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
    modelled=words("endpoint protocol region topic"),
    identify=_subscription_arn,
    arn="{id}",
    compute=lambda _creation: {
        "confirmationWasAuthenticated": False,
        "ownerId": ACCOUNT_ID,
        "pendingConfirmation": True,
    },
    replaces=words("endpoint protocol topic"),
    computed=words("confirmationWasAuthenticated ownerId pendingConfirmation"),
    defaults={"endpointAutoConfirms": False, "rawMessageDelivery": False},
    rules={"protocol": among(*_ENDPOINTS)},
    check=_check_subscription,
)

TOPIC_POLICY = ResourceModel(
    type="aws:sns/topicPolicy:TopicPolicy",
    modelled=words("arn policy region"),
    identify=lambda creation: str(creation.inputs["arn"]),
    compute=lambda _creation: {"owner": ACCOUNT_ID},
    replaces=words("arn"),
    computed=words("owner"),
    check=_check_topic_policy,
)

MODELS = (TOPIC, TOPIC_SUBSCRIPTION, TOPIC_POLICY)
