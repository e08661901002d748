"""The replicas of a table by great-circle distance from an execution Region."""

from __future__ import annotations

from collections.abc import Sequence
from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_KM = 6_371.0

COORDINATES = {
    "af-south-1": (-33.92, 18.42),
    "ap-east-1": (22.32, 114.17),
    "ap-east-2": (25.03, 121.57),
    "ap-northeast-1": (35.68, 139.69),
    "ap-northeast-2": (37.57, 126.98),
    "ap-northeast-3": (34.69, 135.50),
    "ap-south-1": (19.08, 72.88),
    "ap-south-2": (17.39, 78.49),
    "ap-southeast-1": (1.35, 103.82),
    "ap-southeast-2": (-33.87, 151.21),
    "ap-southeast-3": (-6.21, 106.85),
    "ap-southeast-4": (-37.81, 144.96),
    "ap-southeast-5": (3.14, 101.69),
    "ap-southeast-6": (-36.85, 174.76),
    "ap-southeast-7": (13.76, 100.50),
    "ca-central-1": (45.50, -73.57),
    "ca-west-1": (51.05, -114.07),
    "eu-central-1": (50.11, 8.68),
    "eu-central-2": (47.38, 8.54),
    "eu-north-1": (59.33, 18.07),
    "eu-south-1": (45.46, 9.19),
    "eu-south-2": (41.65, -0.88),
    "eu-west-1": (53.35, -6.26),
    "eu-west-2": (51.51, -0.13),
    "eu-west-3": (48.86, 2.35),
    "il-central-1": (32.08, 34.78),
    "me-central-1": (25.20, 55.27),
    "me-south-1": (26.07, 50.56),
    "mx-central-1": (20.59, -100.39),
    "sa-east-1": (-23.55, -46.63),
    "us-east-1": (38.95, -77.45),
    "us-east-2": (39.96, -83.00),
    "us-west-1": (37.35, -121.96),
    "us-west-2": (45.84, -119.70),
}
"""Latitude and longitude of the place that AWS names for each Region ("AWS Regions": geography and location)."""


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
