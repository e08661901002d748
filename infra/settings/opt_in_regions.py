"""Regions that an account has to ask for before anything can be made there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from strategies.registry import STRATEGIES, section_of

if TYPE_CHECKING:
    from infra.settings.model import CoreSettings

ENABLED_BY_DEFAULT = frozenset(
    (
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
        *("eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3"),
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2"),
    )
)
"""Those launched before March 20, 2019, to which no more are added; every later one is disabled until it is asked for
("Enable or disable AWS Regions in your account", AWS Account Management)."""


def opt_in_warning(key: str, region: str) -> str:
    """What to do about a Region; "" where nothing is."""
    if region in ENABLED_BY_DEFAULT:
        return ""
    return (
        f"{key} is {region!r}, an opt-in Region: `up` can make nothing there until the account has enabled it, by"
        f" `aws account enable-region --region-name {region}`"
    )


def opt_in_warnings(settings: CoreSettings) -> list[str]:
    """For every Region that a stack has something in; each begins with its key."""
    return [text for key, region in _regions(settings) if (text := opt_in_warning(key, region))]


def _regions(settings: CoreSettings) -> Iterator[tuple[str, str]]:
    for strategy in STRATEGIES:
        yield from _of_table(section_of(strategy), settings.options_of(strategy))
    if settings.control.is_live:
        yield from _of_table("control", settings.control)
    yield from _listed("logs.regions", settings.logs.regions)


def _of_table(section: str, given: object) -> Iterator[tuple[str, str]]:
    """Every section with a table calls its Regions home_region and replicas."""
    if home := getattr(given, "home_region", ""):
        yield f"{section}.homeRegion", home
        yield from _listed(f"{section}.replicas", getattr(given, "replicas", ()))


def _listed(key: str, regions: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for index, region in enumerate(regions):
        yield f"{key}[{index}]", region
