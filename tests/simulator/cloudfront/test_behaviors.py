"""Path patterns and the choice of a behavior."""

import pytest

from pulumi_state.policies import CachePolicy
from simulator.cloudfront.config.behaviors import Behavior, normalized_path
from tests.simulator.cloudfront.fakes import World, behavior, custom_origin, state


def matches(pattern: str, path: str) -> bool:
    return Behavior(pattern, "stable", CachePolicy(name="none", min_ttl=0, default_ttl=0, max_ttl=0)).matches(
        normalized_path(path)
    )


@pytest.mark.parametrize(
    ("pattern", "path", "is_match"),
    [
        ("*.jpg", "/a/b/c.jpg", True),
        ("images/*.jpg", "/images/product1/a.jpg", True),
        ("/images/*", "/images/a.jpg", True),
        ("images/*", "/other/images/a.jpg", False),
        ("images/*.jpg", "/images/a.JPG", False),
        ("a??.jpg", "/ant.jpg", True),
        ("a??.jpg", "/an.jpg", False),
        ("*.doc?", "/report.doc", False),
        ("*.doc*", "/report.docm", True),
        ("a.jpg", "/abjpg", False),
        ("/a/b*", "/a/b", True),
        ("/a/b*", "/a/b/..", False),
        ("/a*", "/a/b/..", True),
        ("/api/*", "//api///v1", True),
    ],
)
def test_pattern_takes_a_path(pattern: str, path: str, is_match: bool) -> None:
    assert matches(pattern, path) is is_match


def test_first_matching_behavior_wins_and_the_origin_gets_the_raw_path() -> None:
    ordered = [
        behavior(pathPattern="/api/*", targetOriginId="canary"),
        behavior(pathPattern="/api/v1/*", targetOriginId="stable"),
    ]
    origins = [custom_origin(), custom_origin("canary", "v2.example.com")]
    world = World(state(orderedCacheBehaviors=ordered, origins=origins))
    world.get("/api//v1/./x%20y")
    world.get("/index.html")
    assert [(item.base_url, item.target) for item in world.origin.received] == [
        ("http://canary", "/api//v1/./x%20y"),
        ("http://stable", "/index.html"),
    ]


def test_query_does_not_count_for_the_pattern() -> None:
    ordered = [behavior(pathPattern="*.jpg", targetOriginId="canary")]
    origins = [custom_origin(), custom_origin("canary", "v2.example.com")]
    world = World(state(orderedCacheBehaviors=ordered, origins=origins))
    world.get("/index.html?x=a.jpg")
    assert world.origin.received[0].base_url == "http://stable"
