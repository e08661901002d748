"""One site three times: without a canary, with one before the cache, and with one behind it, which leaks."""

from __future__ import annotations

import copy
import time
from functools import cache
from typing import Any

from bench.processes import PROJECT
from bench.soak.outcome import CANARY_PERCENT, Outcome, Size
from bench.soak.visitors import Clock, Origins, RequestIds, Visits, WatchedCache
from infra.cdn.javascript import build_function_code
from infra.settings.stack import load_stack
from simulator.cloudfront import Distribution, Edge, OriginMap
from simulator.dynamodb import LocalDynamoDB
from simulator.lambda_edge import LambdaEdge, functions_from_state
from simulator.standin.config.stack_config import read_stack_config
from simulator.standin.program import run_program

COOKIE_VERSION = ("strategy=cookie-version", f"canaryPercent={CANARY_PERCENT}", "release=2026-11", "pin=none")
VERSIONED = (*COOKIE_VERSION, "cookieVersion.caching=versioned")
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
ORIGINS = {"v1.example.com": "http://stable", "v2.example.com": "http://canary"}

State = dict[str, Any]


async def visit_without_canary(size: Size) -> Outcome:
    """The same distribution with nothing at its events: every visitor is on the stable version."""
    state = copy.deepcopy(_run_versioned())
    behavior = _find_default_behavior(state)
    behavior |= {"functionAssociations": [], "lambdaFunctionAssociations": []}
    return await _visit("without a canary", state, size)


async def visit_versioned(size: Size) -> Outcome:
    """Visit a site that `caching: versioned` deploys."""
    return await _visit("versioned", _run_versioned(), size, forges_headers=True)


async def visit_behind_the_cache(size: Size) -> Outcome:
    """The router at origin-request, and caching switched on by somebody: what the cache-leak check refuses."""
    state = dict(run_program("local", overrides=COOKIE_VERSION).state)
    _find_default_behavior(state)["cachePolicyId"] = CACHING_OPTIMIZED
    return await _visit("canary behind the cache", state, size)


async def _visit(site: str, state: State, size: Size, *, forges_headers: bool = False) -> Outcome:
    clock, watched, origins = Clock(), WatchedCache(), Origins(size.max_age_seconds)
    console: list[str] = []
    visits = Visits(size.requests, size.visitors, size.objects, size.seed, size.warm_up_requests)
    started = time.perf_counter()
    async with LocalDynamoDB() as dynamodb, _start_workers(state, dynamodb) as functions:
        await dynamodb.create_tables(state)
        await dynamodb.put_items(state)
        counted = _Counted(functions)
        edge = Edge(
            Distribution.from_state(state),
            counted,
            OriginMap(ORIGINS),
            clock,
            console.append,
            cache=watched,
            transport=origins,
            request_id=RequestIds(size.seed),
        )
        await visits.run(edge, clock, forges_headers=forges_headers)
        await edge.close()
    return Outcome(
        site=site,
        requests=visits.requests,
        hit_percent=visits.hit_percent,
        wrong=visits.wrong,
        flipped=visits.flipped,
        failed=visits.failed,
        kept_set_cookies=watched.set_cookies,
        foreign_cookies=visits.foreign_cookies,
        visitors=len(visits.seen),
        canary_visitors=visits.canary_visitors,
        identities=visits.identities,
        origin_requests=dict(origins.asked),
        invocations=counted.invocations,
        complaints=len(console),
        seconds=time.perf_counter() - started,
    )


def _start_workers(state: State, dynamodb: LocalDynamoDB) -> LambdaEdge:
    """The real package, which reads the control table."""
    environment = {"AWS_ENDPOINT_URL_DYNAMODB": dynamodb.endpoint_url}
    return LambdaEdge(functions_from_state(state, PROJECT), environment)


class _Counted:
    """The real workers, and how often they were asked."""

    def __init__(self, functions: LambdaEdge) -> None:
        self._functions = functions
        self.invocations = 0

    async def invoke(self, arn: str, region: str, event: dict[str, object]) -> Any:
        self.invocations += 1
        return await self._functions.invoke(arn, region, event)


@cache
def _run_versioned() -> State:
    """The state holds the function's code sealed, for the signing key is in it; this machine has the config."""
    state = dict(run_program("local", overrides=VERSIONED).state)
    config = read_stack_config("local", project=PROJECT, overrides=VERSIONED)
    function = build_function_code(load_stack(config.values, "local", config.project, config.secret_keys))
    assert function is not None
    _find_outputs(state, "aws:cloudfront/function:Function")["code"] = function.code
    return state


def _find_default_behavior(state: State) -> dict[str, Any]:
    return _find_outputs(state, "aws:cloudfront/distribution:Distribution")["defaultCacheBehavior"]


def _find_outputs(state: State, kind: str) -> dict[str, Any]:
    [found] = [resource for resource in state["deployment"]["resources"] if resource["type"] == kind]
    return found["outputs"]
