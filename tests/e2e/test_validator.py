"""The validator against the local stack: the real router, the real sample application, the real cache."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from cli.stacks.workspace import PROJECT, Workspace
from cli.up.local_backends import local_backends
from simulator.lambda_edge import functions_from_state
from simulator.standin.program import run_program
from tests.e2e.conftest import Stack
from validator.checks.report import Report, Result
from validator.plan.parse import parse_plan
from validator.validation import validate

pytestmark = pytest.mark.anyio

OVERRIDE = {"header": "x-qa-origin", "secret": "local-demo-override-secret"}
ASSET = "/static/style.css"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
# A split that is right is then called wrong once in a thousand million runs, not once in a thousand.
CONFIDENCE = 99.9999999


def anew(seconds: int) -> str:
    """A setting that no other test has: another package, so other instances, which have read no control table yet."""
    return f"control.refreshSeconds={seconds}"


async def validate_site(stack: Stack, **keys: Any) -> Report:
    small = {"visitors": 120, "stickyVisitors": 6, "requestsPerVisitor": 5, "rate": 500, "confidence": CONFIDENCE}
    return await validate(parse_plan({"url": f"{stack.local.url}/", "override": OVERRIDE, **small, **keys}))


def result(report: Report, check: str) -> Result:
    return next(one for one in report.results if one.check == check)


@pytest.mark.long
async def test_a_canary_of_30_percent_passes_and_is_no_canary_of_80(stack: Stack):
    await stack.deploy(anew(31), "canaryPercent=30")
    report = await validate_site(stack, percent=30, expect=["stable:200:Version 1.0", "canary:200:Version 2.0"])
    assert report.has_passed, json.dumps(report.as_json(), indent=1)
    assert all(len(answer.request_id) == 56 for answer in result(report, "split").samples)
    assert result(report, "cached-cookies").figures["cookies"] == {"sessiontoken": 120 + 6 + 3}
    assert OVERRIDE["secret"] not in json.dumps(report.as_json())

    wrong = await validate_site(stack, percent=80)
    split = result(wrong, "split")
    assert (split.verdict, wrong.has_passed) == ("failed", False)
    assert split.figures["pValue"] < 1e-9
    assert split.figures["canary"] < split.figures["believedCounts"][0]
    assert {answer.version for answer in split.samples} == {"stable"}
    assert [one.check for one in wrong.results if one.verdict == "failed"] == ["split"]


@pytest.mark.long
async def test_a_pin_is_honored_or_missed(stack: Stack):
    await stack.deploy(anew(32), "canaryPercent=30", "pin=stable")
    report = await validate_site(stack, pin="stable", percent=30)
    assert report.has_passed, json.dumps(report.as_json(), indent=1)
    assert result(report, "pin").summary == "126 visitors, all on stable"
    missed = await validate_site(stack, pin="canary")
    assert result(missed, "pin").verdict == "failed"


@pytest.mark.long
async def test_a_canary_that_is_cached_passes_with_hits(stack: Stack):
    await stack.deploy(anew(33), "strategy=cookie-version", "canaryPercent=30", "cookieVersion.caching=versioned")
    report = await validate_site(stack, percent=30, objects=[ASSET])
    assert report.has_passed, json.dumps(report.as_json(), indent=1)
    figures = result(report, "cached-versions").figures
    assert figures["hits"] >= figures["inTurn"] - 4  # the first of each version, and of each encoding


@pytest.mark.long
async def test_a_canary_behind_the_cache_fails_by_its_hits(stack: Stack):
    """The router at origin-request and somebody switched caching on: the first visitor's version is everybody's."""
    settings = (anew(34), "strategy=cookie-version", "canaryPercent=50")
    state = copy.deepcopy(dict(run_program("local", overrides=settings).state_with_secrets))
    [distribution] = [one for one in state["deployment"]["resources"] if one["type"] == DISTRIBUTION]
    distribution["outputs"]["defaultCacheBehavior"]["cachePolicyId"] = CACHING_OPTIMIZED
    stack.overrides = None
    await stack.local.apply(
        state,
        local_backends(Workspace().open_stack("local", settings), {}, state),
        functions_from_state(state, PROJECT),
    )
    report = await validate_site(stack, objects=[ASSET])
    versions = result(report, "cached-versions")
    assert versions.verdict == "failed"
    assert versions.figures["wrongHits"] > 0
    assert {answer.x_cache for answer in versions.samples} == {"Hit from cloudfront"}
