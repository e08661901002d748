"""Every reader of a state takes it for what it is: a file that anybody may have written."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.cloudfront import Distribution, StateError
from simulator.deployment.rollouts import ScheduleError, scheduled_controller
from simulator.dynamodb import TableStateError
from simulator.dynamodb.state_items import items_from_state
from simulator.dynamodb.table import tables_from_state
from simulator.lambda_edge import FunctionStateError, functions_from_state

Read = Callable[[dict[str, Any]], object]
ODD: tuple[Any, ...] = (None, 5, float("inf"), "x", "", True, [], {}, [None], [5], {"a": 1})
ARN = "arn:aws:lambda:us-east-1:1:function:f:1"
DISTRIBUTION = {
    "domainName": "d.cloudfront.net",
    "origins": [
        {
            "originId": "a",
            "domainName": "a.example.com",
            "customOriginConfig": {"httpPort": 80, "httpsPort": 443, "originProtocolPolicy": "http-only"},
        }
    ],
    "defaultCacheBehavior": {
        "targetOriginId": "a",
        "viewerProtocolPolicy": "allow-all",
        "forwardedValues": {"queryString": True, "cookies": {"forward": "all"}},
        "lambdaFunctionAssociations": [{"eventType": "origin-request", "lambdaArn": ARN}],
    },
    "customErrorResponses": [{"errorCode": 404, "errorCachingMinTtl": 1}],
}
FUNCTION = {
    "qualifiedArn": ARN,
    "arn": "f",
    "name": "f",
    "version": "1",
    "handler": "controller.handler.handler",
    "timeout": 1,
    "memorySize": 128,
    "runtime": "python3.13",
    "environment": {"variables": {"a": "b"}},
    "loggingConfig": {"logFormat": "Text"},
}
TABLE = {
    "name": "t",
    "hashKey": "k",
    "attributes": [{"name": "k", "type": "S"}],
    "region": "us-east-1",
    "replicas": [{"regionName": "eu-west-1"}],
}
STATE = {
    "aws:cloudfront/distribution:Distribution": DISTRIBUTION,
    "aws:lambda/function:Function": FUNCTION,
    "aws:dynamodb/table:Table": TABLE,
    "aws:dynamodb/tableItem:TableItem": {"tableName": "t", "hashKey": "k", "item": '{"k": {"S": "v"}}'},
    "aws:cloudwatch/eventRule:EventRule": {"name": "r", "scheduleExpression": "rate(1 minute)"},
    "aws:cloudwatch/eventTarget:EventTarget": {"arn": "f", "rule": "r"},
}
READERS: tuple[tuple[Read, type[Exception]], ...] = (
    (Distribution.from_state, StateError),
    (lambda state: functions_from_state(state, Path(), Path("package.zip")), FunctionStateError),
    (tables_from_state, TableStateError),
    (items_from_state, TableStateError),
    (scheduled_controller, ScheduleError),
)


def state() -> dict[str, Any]:
    resources = [
        {"urn": f"urn:pulumi:a::b::{kind}::c", "type": kind, "id": "E1", "outputs": copy.deepcopy(outputs)}
        for kind, outputs in STATE.items()
    ]
    return {"version": 3, "deployment": {"resources": resources}}


def places(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield from places(member, (*path, key))


def spoil(path: tuple[Any, ...], odd: Any) -> dict[str, Any]:
    changed = state()
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = odd
    return changed


PLACES = [
    path
    for index, resource in enumerate(state()["deployment"]["resources"])
    for path in places(resource["outputs"], ("deployment", "resources", index, "outputs"))
]


@pytest.mark.parametrize(("read", "kind"), READERS, ids=[kind.__name__ + str(n) for n, (_, kind) in enumerate(READERS)])
def test_whatever_stands_in_a_state_is_read_or_refused_in_words(read: Read, kind: type[Exception]) -> None:
    assert read(state())
    refused = 0
    for path in PLACES:
        for odd in ODD:
            try:
                read(spoil(path, odd))
            except kind as error:
                refused += 1
                assert str(error)  # noqa: PT017  most are read, and any other error fails
    assert refused


def test_what_was_met_is_named() -> None:
    with pytest.raises(StateError) as refused:
        Distribution.from_state(spoil(("deployment", "resources", 0, "outputs", "defaultCacheBehavior"), "x"))
    assert str(refused.value) == (
        "the distribution of the state is not of the shape that `pulumi stack export` writes"
        " (AttributeError: 'str' object has no attribute 'get')"
    )
