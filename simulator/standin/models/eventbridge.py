"""aws:cloudwatch/eventRule:EventRule, eventTarget:EventTarget and aws:lambda/permission:Permission."""

import json
import re
from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Properties, ResourceModel, Scope, Unique, words
from simulator.standin.model.rules import among, matching
from simulator.standin.models.iam import ROLE_TYPE, trusted_services
from simulator.standin.models.lambda_ import FUNCTION_TYPE
from simulator.standin.models.sns import TOPIC_TYPE

RULE_TYPE = "aws:cloudwatch/eventRule:EventRule"
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\(\S+( \S+){5}\)")
_FUNCTION_ARN = r"arn:aws:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_$-]+)?"
_TOPIC_ARN = r"arn:aws:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}"
_BUS_ARN = r"arn:aws:events:[a-z0-9-]+:\d{12}:event-bus/[\w./-]{1,256}"
PATTERN_LIMIT = 2_048
"""Characters of an event pattern ("Amazon EventBridge quotas")."""


def _schedule_error(text: object) -> str:
    """ "Creating a rule that runs on a schedule", EventBridge User Guide: 1 minute, but 5 minutes."""
    if not isinstance(text, str) or _CRON.fullmatch(text):
        return ""
    rate = _RATE.fullmatch(text)
    is_sound = rate is not None and int(rate[1]) > 0 and (rate[3] == "s") == (int(rate[1]) != 1)
    return "" if is_sound else f"is {text!r}: must be such as rate(1 minute), rate(5 minutes) or cron(0 12 * * ? *)"


def _check_rule(inputs: Properties, _scope: Scope) -> Iterator[Failure]:
    pattern = inputs.get("eventPattern")
    if inputs.get("scheduleExpression") is None and pattern is None:
        yield Failure("scheduleExpression", "is required, or eventPattern (ValidationException)")
    if not isinstance(pattern, str):
        return
    if len(pattern) > PATTERN_LIMIT:
        yield Failure("eventPattern", f"has {len(pattern)} characters: EventBridge takes {PATTERN_LIMIT}")
    try:
        is_object = isinstance(json.loads(pattern), dict)
    except ValueError:
        is_object = False
    if not is_object:
        yield Failure("eventPattern", "is not a JSON object (InvalidEventPatternException)")


def _check_target(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    arn, error = inputs.get("arn"), "ResourceNotFoundException"
    yield from scope.missing("rule", inputs.get("rule"), RULE_TYPE, "rule", by="name", error=error)
    if isinstance(arn, str):
        yield from _check_target_arn(arn, inputs, scope)


def _check_target_arn(arn: str, inputs: Properties, scope: Scope) -> Iterator[Failure]:
    """Functions and topics are of the rule's Region; a bus of any, and by a role ("Amazon EventBridge targets")."""
    kinds = {_FUNCTION_ARN: ("function", FUNCTION_TYPE), _TOPIC_ARN: ("topic", TOPIC_TYPE)}
    region = inputs.get("region", scope.region)
    for form, (kind, token) in kinds.items():
        if re.fullmatch(form, arn) and scope.find(token, arn=arn) is None:
            yield Failure("arn", f"is {arn!r}: there is no such {kind} in this deployment")
        elif re.fullmatch(form, arn) and arn.split(":")[3] != region:
            yield Failure("arn", f"is in {arn.split(':')[3]}: a rule's {kind} is in its own Region, {region}")
    role_arn = inputs.get("roleArn")
    if re.fullmatch(_BUS_ARN, arn) and (role_arn is None or isinstance(role_arn, str)):
        role = scope.find(ROLE_TYPE, arn=role_arn)
        if role is None or "events.amazonaws.com" not in trusted_services(role.outputs):
            yield Failure("roleArn", "must be a role that trusts events.amazonaws.com, to write to a bus")


def _check_permission(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    """A function by its ARN may be another deployment's: that of an origin."""
    name = inputs.get("function")
    if not str(name).startswith("arn:") and scope.find(FUNCTION_TYPE, arn=name) is None:
        yield from scope.missing("function", name, FUNCTION_TYPE, "function", by="name")


_NAME = matching(r"[.\w-]{1,64}", "1 to 64 letters, digits or any of ._-")

EVENT_RULE = ResourceModel(
    type=RULE_TYPE,
    modelled=words("description eventPattern name region scheduleExpression state tags"),
    arn="events:rule/{id}",
    replaces=words("name"),
    defaults={"eventBusName": "default", "forceDestroy": False, "state": "ENABLED"},
    rules={
        "name": _NAME,
        "description": matching(r"(?s).{0,512}", "at most 512 characters"),
        "scheduleExpression": _schedule_error,
        "state": among("ENABLED", "DISABLED"),
    },
    check=_check_rule,
    named=64,
)

EVENT_TARGET = ResourceModel(
    type="aws:cloudwatch/eventTarget:EventTarget",
    modelled=words("arn inputTransformer region roleArn rule targetId"),
    identify=lambda creation: f"{creation.inputs['rule']}-{creation.inputs['targetId']}",
    replaces=words("rule targetId"),
    defaults={"eventBusName": "default", "forceDestroy": False},
    rules={
        "arn": matching(
            f"{_FUNCTION_ARN}|{_TOPIC_ARN}|{_BUS_ARN}",
            "the ARN of a Lambda function, a topic or an event bus: other targets are not modelled",
        ),
        "targetId": _NAME,
    },
    check=_check_target,
)

# Nothing of a permission can be changed in place.
PERMISSION = ResourceModel(
    type="aws:lambda/permission:Permission",
    args="lambda_.PermissionArgs",
    modelled=words("action function principal qualifier region sourceArn statementId"),
    replaces=words("action function principal qualifier sourceArn statementId"),
    rules={
        "action": matching(r"lambda:[A-Za-z]+", "an action of Lambda, such as lambda:InvokeFunction"),
        "principal": matching(r"[a-z0-9.-]+\.amazonaws\.com|\d{12}", "a service or an account"),
        "sourceArn": matching(r"arn:aws:[a-z0-9-]+:\S+", "an ARN"),
        "statementId": matching(r"[A-Za-z0-9_-]{1,100}", "1 to 100 letters, digits, '-' or '_'"),
    },
    check=_check_permission,
    name_property="statementId",
    unique=Unique(
        "ResourceConflictException",
        lambda inputs, region: [(region, inputs.get("function"), inputs.get("statementId"))],
    ),
)

MODELS = (EVENT_RULE, EVENT_TARGET, PERMISSION)
