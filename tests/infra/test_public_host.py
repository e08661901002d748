"""The name of the site: from the setting, the aliases, or the distribution."""

from __future__ import annotations

import pytest

from infra.package.baked_config import baked_config
from tests.infra.configs import stack_of

ZONE = {"hostedZoneId": "Z0123456789ABC"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [""]),
        ({"domain": {"aliases": ["www.example.com"], **ZONE}}, ["www.example.com", "www.example.com"]),
        ({"domain": {"aliases": ["*.example.com"], **ZONE}}, ["", "*.example.com"]),
        (
            {"domain": {"aliases": ["*.example.com", "example.com"], **ZONE}},
            ["example.com", "*.example.com", "example.com"],
        ),
        (
            {"domain": {"aliases": ["a.example.com", "b.example.com"], **ZONE}, "publicHost": "b.example.com"},
            ["b.example.com"],
        ),
    ],
)
def test_the_canonical_name_comes_first(settings: dict[str, object], expected: list[str]) -> None:
    assert baked_config(stack_of(**settings))["public"]["hosts"] == expected
