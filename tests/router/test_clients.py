"""One reader per Region, whoever asks for it."""

from __future__ import annotations

import time

import pytest

from router.dynamodb.clients import Clients, nearest_first
from router.dynamodb.table import Table, TableConfig
from router.model.deadline import Stopwatch
from tests.router.control_table import CONFIG, Replicas, control_over


def test_a_region_has_one_reader_for_all_tables() -> None:
    made: list[str] = []

    class Both:
        def __init__(self, region: str) -> None:
            made.append(region)

        def get_item(self, *_: object) -> None:
            return None

        def query(self, *_: object) -> list[object]:
            return [CONFIG]

    clients = Clients(Both)
    table = Table(
        TableConfig("sessions", "eu-west-1", {"": ["eu-west-1"]}),
        "eu-west-1",
        clients=clients,
        stopwatch=Stopwatch(time.time),
    )
    table.read({"token": "t"})
    assert control_over(Replicas(), clients=clients).current().percent == 10
    assert made == ["eu-west-1"]


def test_all_connections_are_dropped_at_once() -> None:
    replicas = Replicas()
    clients = Clients(replicas.reader)
    assert clients.at("eu-west-1") is clients.at("eu-west-1")
    clients.at("us-east-1")
    clients.close()
    assert sorted(replicas.closed) == ["eu-west-1", "us-east-1"]


@pytest.mark.parametrize(
    ("replicas", "expected"),
    [
        ({"eu-west-1": ["eu-west-1", "us-east-1"], "": ["us-east-1"]}, ["eu-west-1", "us-east-1"]),
        ({"": ["ap-southeast-1"]}, ["ap-southeast-1"]),
        ({}, ["us-east-1"]),
    ],
)
def test_a_region_without_an_order_of_its_own_has_the_default_one(
    replicas: dict[str, list[str]], expected: list[str]
) -> None:
    assert nearest_first(replicas, "eu-west-1", "us-east-1") == expected
