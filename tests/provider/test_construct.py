"""Construct: components for programs in other languages, and what their mistakes look like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from simulator.standin.model.wire import from_struct

from .engine import Provider, new_deployment, running_provider

ORIGINS = {"stable": {"domainName": "v1.example.com"}, "canary": {"domainName": "v2.example.com"}}
TIER: dict[str, Any] = {
    "strategy": "tier",
    "release": "2026-11",
    "origins": ORIGINS,
    "tier": {"tiers": {"premium": {"domainName": "premium.example.com", "port": 8443}}},
}
"""Settings of the strategy without a package, which is built soonest."""


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with running_provider(tmp_path_factory.mktemp("program")) as running:
        yield running


def test_a_component_has_the_outputs_of_its_settings(provider: Provider) -> None:
    deployment = new_deployment()
    answer = provider.construct(TIER, deployment=deployment)
    outputs = from_struct(answer.state)
    print(outputs, list(deployment.resources))
    assert answer.urn.endswith("edge-router:index:EdgeRouter::edge")
