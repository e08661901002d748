"""AWS as moto's server has it, for what the controller reads and writes."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.moto_server import moto_server

REGIONS = ("us-east-1", "eu-west-1")


@pytest.fixture(scope="session")
def aws_url() -> Iterator[str]:
    with moto_server() as url:
        yield url


ClientOf = Callable[..., Any]


@pytest.fixture(scope="session")
def client_of(aws_url: str) -> Iterator[ClientOf]:
    """client_of("dynamodb", "us-east-1"): boto3's, of the server, which nothing else than the tests asks."""
    session = boto3.Session(aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret")
    config = Config(retries={"total_max_attempts": 1}, read_timeout=10)
    made: dict[tuple[str, str], Any] = {}

    def client(service: str, region: str = REGIONS[0]) -> Any:
        if (service, region) not in made:
            made[service, region] = session.client(service, region, endpoint_url=aws_url, config=config)
        return made[service, region]

    yield client
    for one in made.values():
        one.close()


@pytest.fixture
def stack() -> str:
    """A name of this test's own: the server keeps everything."""
    return f"edge-router-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def control_table(client_of: ClientOf, stack: str) -> str:
    """The control table with its config item, as `pulumi up` leaves it."""
    name = f"{stack}-control"
    client_of("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "scope", "KeyType": "HASH"}, {"AttributeName": "item", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("scope", "item")],
        BillingMode="PAY_PER_REQUEST",
    )
    put_config(client_of, name)
    return name


def put_config(client_of: ClientOf, table: str, **changes: str) -> None:
    values = {"canaryPercent": "0", "pin": "none", "release": "2026-11", "revision": "0a1b2c3d"} | changes
    typed = {name: {"N" if name == "canaryPercent" else "S": value} for name, value in values.items()}
    client_of("dynamodb").put_item(TableName=table, Item={"scope": {"S": "edge"}, "item": {"S": "config"}, **typed})


PutMetrics = Callable[..., None]


@pytest.fixture
def put_metrics(client_of: ClientOf, stack: str) -> PutMetrics:
    """put_metrics(at, "canary", Errors=[0, 0, 1]): values of metrics, as the router's log lines carry them."""

    def put(at: float, version: str, region: str = REGIONS[0], **metrics: list[float]) -> None:
        dimensions = [{"Name": "Stack", "Value": stack}, {"Name": "Version", "Value": version}]
        for name, values in metrics.items():
            datum = {"MetricName": name, "Dimensions": dimensions, "Timestamp": at, "Values": values}
            client_of("cloudwatch", region).put_metric_data(Namespace="EdgeRouter", MetricData=[datum])

    return put
