"""The order of replicas for every execution Region."""

from __future__ import annotations

import pytest

from infra.config.aws_regions import EDGE_REGIONS, available_regions
from infra.config.replica_order import COORDINATES, distance_km, replica_order
from simulator import cloudfront

HOME, REPLICAS = "us-east-1", ["eu-west-1", "ap-southeast-1"]


@pytest.mark.parametrize("service", ["dynamodb", "lambda", "logs", "monitoring"])
def test_every_region_with_a_service_that_is_asked_for_has_its_place(service: str) -> None:
    assert set(COORDINATES) == set(available_regions(service))
    assert set(EDGE_REGIONS) <= set(COORDINATES)


def test_log_groups_are_made_where_the_local_edge_runs_triggers_but_for_the_region_to_opt_in_to() -> None:
    assert [region for region in cloudfront.EDGE_REGIONS if region != "me-central-1"] == list(EDGE_REGIONS)
    assert "me-central-1" in cloudfront.EDGE_REGIONS


@pytest.mark.parametrize(
    ("one", "other", "kilometres"),
    [
        ("eu-west-2", "eu-west-3", 344),
        ("eu-west-1", "eu-central-1", 1_089),
        ("ap-northeast-1", "ap-southeast-1", 5_312),
    ],
)
def test_distances_are_those_of_the_globe(one: str, other: str, kilometres: float) -> None:
    assert distance_km(one, other) == pytest.approx(kilometres, rel=0.01)
    assert distance_km(one, other) == pytest.approx(distance_km(other, one))
    assert distance_km(one, one) == 0


@pytest.mark.parametrize(
    ("region", "order"),
    [
        ("us-east-1", ["us-east-1", "eu-west-1", "ap-southeast-1"]),
        ("sa-east-1", ["us-east-1", "eu-west-1", "ap-southeast-1"]),
        ("eu-west-1", ["eu-west-1", "us-east-1", "ap-southeast-1"]),
        ("eu-central-1", ["eu-west-1", "us-east-1", "ap-southeast-1"]),
        ("ap-southeast-1", ["ap-southeast-1", "eu-west-1", "us-east-1"]),
        ("ap-southeast-2", ["ap-southeast-1", "us-east-1", "eu-west-1"]),
        ("ap-northeast-1", ["ap-southeast-1", "eu-west-1", "us-east-1"]),
        ("ap-south-1", ["ap-southeast-1", "eu-west-1", "us-east-1"]),
        ("us-west-2", ["us-east-1", "eu-west-1", "ap-southeast-1"]),
    ],
)
def test_the_nearest_copy_is_first(region: str, order: list[str]) -> None:
    assert replica_order(HOME, REPLICAS)[region] == order


def test_an_unlisted_region_asks_home_first() -> None:
    order = replica_order("eu-west-1", ["us-east-1", "ap-southeast-1"])[""]
    assert order == ["eu-west-1", "us-east-1", "ap-southeast-1"]


def test_every_order_holds_every_copy_once() -> None:
    orders = replica_order(HOME, REPLICAS)
    assert set(orders) == {"", *COORDINATES}
    assert all(sorted(order) == sorted([HOME, *REPLICAS]) for order in orders.values())


def test_a_copy_in_a_region_of_unknown_place_comes_last() -> None:
    orders = replica_order("us-east-1", ["xx-new-1", "eu-west-1"])
    assert orders["eu-west-1"] == ["eu-west-1", "us-east-1", "xx-new-1"]
    assert replica_order("xx-new-1", ["eu-west-1"])[""] == ["xx-new-1", "eu-west-1"]


def test_a_table_without_replicas_is_read_at_home() -> None:
    assert set(map(tuple, replica_order("eu-west-1", []).values())) == {("eu-west-1",)}
