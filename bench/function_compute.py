"""What the functions take in the JavaScript engine, against one that reads a key and returns the request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.figure import Figure
from bench.packages import SETTINGS
from infra.cdn.javascript import MAX_CODE_BYTES, build_function_code
from infra.settings.stack import load_stack
from simulator.cloudfront_functions import FunctionRuntime, KeyValueStore

ROUNDS = 15
RUNS = 400
MAX_RATIO = 1.5
BASELINE = (Path(__file__).parent / "baselines" / "read_and_return.js").read_text(encoding="utf-8")
TIER = {"tier": {"tiers": {"premium": {"domainName": "premium.example.com"}}}}
VERSIONED = {"cookieVersion": {"caching": "versioned"}}
SIGNED = {"cookieVersion": {"caching": "versioned", "signingKeys": ["bench-signing-key-of-32-characters"]}}
_STORE = "arn:aws:cloudfront::123456789012:key-value-store/00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Measured:
    """A function with its store and the event it gets; `key` is what its baseline reads.

    `limit` is on the ratio of the two; None where nothing is promised.
    """

    name: str
    code: str
    pairs: Mapping[str, str]
    key: str
    event: Mapping[str, Any]
    limit: float | None = MAX_RATIO

    def runtimes(self) -> tuple[FunctionRuntime, FunctionRuntime]:
        """(the baseline, the function), both with the same content in the store."""
        store = KeyValueStore(_STORE, self.pairs)
        return FunctionRuntime(BASELINE.replace("KEY", self.key), store), FunctionRuntime(self.code, store)


def function_figures() -> Iterator[Figure]:
    """Compute per request and the deployed size, of the tier's and the canary's function."""
    for measured in _measured():
        base_us, own_us = compute_us(measured)
        ratio = own_us / base_us
        limit = measured.limit
        yield Figure(
            f"function compute, {measured.name}",
            ratio,
            "×",
            "" if limit is None else f"≤ {limit}",
            limit is None or ratio <= limit,
            f"a read and the request, {base_us:.0f} µs ({own_us:.0f})",
        )
    for name, code in (("tier", deployed("tier", TIER)[0]), ("canary", deployed("cookie-version", SIGNED)[0])):
        size = len(code.encode())
        yield Figure(f"function code, {name}", size / 1024, "KB", "≤ 10", size <= MAX_CODE_BYTES, "")


def compute_us(measured: Measured) -> tuple[float, float]:
    """Microseconds of wall time per run of the baseline and of the function, which take turns run by run.

    Each is the median of the rounds' medians, so that what else the machine does in between does not count.
    """
    runtimes = measured.runtimes()
    rounds: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS + 1):
        taken: tuple[list[float], list[float]] = ([], [])
        for _ in range(RUNS):
            for runtime, times in zip(runtimes, taken, strict=True):
                found = runtime.run(measured.event)
                if found.error is not None:
                    raise RuntimeError(f"{measured.name}: {found.error_message}")
                times.append(found.compute_us)
        if number:  # the first round warms both up
            for values, times in zip(rounds, taken, strict=True):
                values.append(median(times))
    return median(rounds[0]), median(rounds[1])


def deployed(strategy: str, section: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
    """(the code as it is deployed, what is in its key-value store)."""
    values = {**SETTINGS, "strategy": strategy, **section}
    config = {
        f"edge-router:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in values.items()
    }
    function = build_function_code(load_stack(config, "bench"))
    assert function is not None, f"{strategy} has no function"
    return function.code, function.key_values


def _measured() -> Iterator[Measured]:
    """Those with a limit are the two that the project promises; the others are there to be known."""
    tier, tiers = deployed("tier", TIER)
    yield Measured("tier", tier, tiers, "tier:premium", browser_event(CTIER="premium"))
    canary, live = deployed("cookie-version", VERSIONED)
    yield Measured("canary assignment", canary, live, "canary", browser_event())
    yield Measured("canary, known cookie", canary, live, "canary", _with_cookie(canary, live), None)
    canary, live = deployed("cookie-version", SIGNED)
    yield Measured("canary, signed cookie", canary, live, "canary", _with_cookie(canary, live), None)


def _with_cookie(code: str, pairs: Mapping[str, str]) -> dict[str, Any]:
    """The event of a visitor with the cookie that the function itself sets at viewer-response."""
    event = browser_event()
    response = {"statusCode": 200, "statusDescription": "OK", "headers": {}, "cookies": {}}
    context = {**event["context"], "eventType": "viewer-response"}
    found = FunctionRuntime(code, KeyValueStore(_STORE, pairs)).run({**event, "context": context, "response": response})
    [(name, cookie)] = found.result["cookies"].items()
    event["request"]["cookies"][name] = {"value": cookie["value"]}
    return event


def browser_event(**query: str) -> dict[str, Any]:
    """A GET as a browser sends it: a dozen headers and three cookies of the site's own."""
    cookies = {"theme": "dark", "lang": "en-GB", "consent": "1.eyJhbmFseXRpY3MiOmZhbHNlfQ"}
    return {
        "version": "1.0",
        "context": {
            "distributionDomainName": "d111111abcdef8.cloudfront.net",
            "distributionId": "EDFDVBD6EXAMPLE",
            "eventType": "viewer-request",
            "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
        },
        "viewer": {"ip": "203.0.113.178"},
        "request": {
            "method": "GET",
            "uri": "/products/42",
            "querystring": {name: {"value": value} for name, value in query.items()},
            "headers": {name: {"value": value} for name, value in _BROWSER_HEADERS.items()},
            "cookies": {name: {"value": value} for name, value in cookies.items()},
        },
    }


_BROWSER_HEADERS = {
    "host": "www.example.com",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "accept-language": "en-GB,en;q=0.5",
    "accept-encoding": "gzip, deflate, br, zstd",
    "referer": "https://www.example.com/products",
    "upgrade-insecure-requests": "1",
    "sec-fetch-dest": "document",
    "sec-fetch-mode": "navigate",
    "sec-fetch-site": "same-origin",
    "sec-fetch-user": "?1",
    "priority": "u=0, i",
}
