"""Versioned caching leaks nothing, and what the check refuses of it does leak. The real function runs."""

from __future__ import annotations

from typing import Any

import pytest

from infra.cdn.javascript import build_function_code
from tests.cache_check.leak_states import State, default_behavior, deploy_state
from tests.cache_check.leak_traffic import PATHS, VISITORS, VISITS, Traffic, errors, version_page
from tests.infra.configs import shipped_stack
from tests.simulator.cloudfront.fakes import FakeOrigin

SETTINGS = ("strategy=cookie-version", "canaryPercent=30", "cookieVersion.caching=versioned")


@pytest.fixture(autouse=True)
def _quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """The router logs every decision."""


def versioned_state() -> State:
    """As deployed, with the function's code in plain text: a state has it sealed, for the signing key is in it."""
    function = build_function_code(shipped_stack("local", *SETTINGS))
    assert function is not None
    state = deploy_state("local", *SETTINGS)
    outputs_of(state, "Function")["code"] = function.code
    return state


def outputs_of(state: State, kind: str) -> dict[str, Any]:
    [found] = [
        one
        for one in state["deployment"]["resources"]
        if one["type"].endswith(f"cloudfront/{kind[0].lower()}{kind[1:]}:{kind}")
    ]
    return found["outputs"]


def serve_traffic(state: State, **sent: str) -> Traffic:
    """Every origin says that its answers may be kept for a minute."""
    origin = FakeOrigin(lambda received: (200, [("Cache-Control", "max-age=60")], version_page(received)[2]))
    return Traffic(state, SETTINGS, origin, {name.replace("_", "-"): value for name, value in sent.items()}).run()


def answers(traffic: Traffic) -> set[str]:
    return {answer for visitor in traffic.visitors for answer in visitor.answers}


@pytest.mark.long
def test_answers_are_kept_and_nobody_gets_the_wrong_one() -> None:
    state = versioned_state()
    traffic = serve_traffic(state)
    assert (errors(state, SETTINGS), traffic.wrong, traffic.identities) == ([], 0, VISITORS)
    assert {visitor.version for visitor in traffic.visitors} == {"stable", "canary"}
    assert PATHS < len(traffic.origin.received) <= 2 * PATHS < VISITORS * VISITS


@pytest.mark.long
def test_without_the_version_in_the_key_one_version_answers_all() -> None:
    state = versioned_state()
    headers = outputs_of(state, "CachePolicy")["parametersInCacheKeyAndForwardedToOrigin"]["headersConfig"]["headers"]
    headers["items"].remove("x-router-version")
    traffic = serve_traffic(state)
    assert traffic.wrong > VISITORS // 4
    assert len(traffic.origin.received) == PATHS
    assert errors(state, SETTINGS) == ["version-header-not-in-key"]


@pytest.mark.long
def test_without_the_function_nobody_is_assigned_and_anyone_picks_a_version() -> None:
    state = versioned_state()
    assert answers(serve_traffic(state, x_router_version="canary")) == {"stable", "canary"}
    default_behavior(state)["functionAssociations"] = None
    assert answers(serve_traffic(state)) == {"stable"}
    assert answers(serve_traffic(state, x_router_version="canary")) == {"canary"}
    assert errors(state, SETTINGS) == [*["association-missing"] * 2, "viewer-can-forge-version-header"]
