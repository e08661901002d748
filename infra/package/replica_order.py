"""The replicas of a table by great-circle distance from an execution Region."""

from __future__ import annotations

from collections.abc import Sequence
from math import asin, cos, radians, sin, sqrt

from infra.config.aws_regions import COORDINATES

EARTH_RADIUS_KM = 6_371.0


def distance_km(one: str, other: str) -> float:
    """Return the great-circle distance (haversine) between two Regions of COORDINATES."""
    (latitude, longitude), (other_latitude, other_longitude) = (
        [radians(degrees) for degrees in COORDINATES[region]] for region in (one, other)
    )
    half_chord = (
        sin((other_latitude - latitude) / 2) ** 2
        + cos(latitude) * cos(other_latitude) * sin((other_longitude - longitude) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * asin(sqrt(half_chord))


def replica_order(home_region: str, replicas: Sequence[str]) -> dict[str, list[str]]:
    """Return all Regions of a table, nearest first, for every known execution Region; "" is any other: home first.

    A Region without coordinates (AWS adds some each year) comes last.
    """
    regions = [home_region, *replicas]
    orders = {region: _nearest_first(region, regions) for region in sorted(COORDINATES)}
    return {"": _nearest_first(home_region, regions) if home_region in COORDINATES else regions, **orders}


def _nearest_first(region: str, others: Sequence[str]) -> list[str]:
    return sorted(others, key=lambda other: distance_km(region, other) if other in COORDINATES else float("inf"))
