"""CPU of the functions in the JavaScript engine, against one that reads a key and returns the request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.browser import browser_event, returning_visitor
from bench.comparison import Pair, Schedule, compare
from bench.finding import Finding, find_ratio, find_size
from bench.packages import load
from infra.cdn.javascript import MAX_CODE_BYTES, build_function_code
from simulator.cloudfront_functions import FunctionRuntime, KeyValueStore

RUNS = 400
"""Of each side in a round; the side's value is their median, so that what else the machine does does not count."""
MAX_TIER, MAX_ASSIGNMENT = 1.5, 1.6
"""Both are off what is measured (1.36, and 1.50 in an interval of 1.49 to 1.51), so that noise decides neither."""
MAX_SKEW = 1.5
"""Of the same function without `skew`."""
GROUP = "CloudFront Functions"
BASELINE = (Path(__file__).parent / "baselines" / "read_and_return.js").read_text(encoding="utf-8")
TIER = {"tier": {"tiers": {"premium": {"domainName": "premium.example.com"}}}}
VERSIONED = {"cookieVersion": {"caching": "versioned"}}
SIGNED = {"cookieVersion": {"caching": "versioned", "signingKeys": ["bench-signing-key-of-32-characters"]}}
SKEW = {
    "skew": {"pathPrefix": "/_v", "query": "dpl", "paths": ["/assets/*"]},
    "origins": {
        "stable": {"domainName": "v1.example.com", "build": "3f2a91c"},
        "canary": {"domainName": "v2.example.com", "build": "b81d4e0"},
    },
}
_STORE = "arn:aws:cloudfront::123456789012:key-value-store/00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Function:
    """The code as it is deployed, and what is in its key-value store."""

    code: str
    pairs: Mapping[str, str]

    def start(self) -> FunctionRuntime:
        """An engine with the function in it."""
        return FunctionRuntime(self.code, KeyValueStore(_STORE, self.pairs))


@dataclass(frozen=True)
class FunctionFigure:
    """The wall time of a function's run by that of a function which reads `key` from the same store.

    With `against` by that of this one.
    """

    name: str
    function: Function
    key: str
    event: Mapping[str, Any]
    bound: float | None = None
    group: str = GROUP
    is_quick: bool = False
    against: Function | None = None

    @property
    def baseline_name(self) -> str:
        """The function that the run is compared with."""
        return "the same without skew" if self.against else "a read and the request"


def find_compute(schedule: Schedule, *, is_full: bool) -> Iterator[Finding]:
    """Compute per request. Those with a bound are the two that the project promises."""
    figures = [figure for figure in _figures() if is_full or figure.is_quick]
    engines = {figure.name: _start_both(figure) for figure in figures}
    for figure in figures:
        measure_us(figure, engines[figure.name])  # warms both up

    def measure(left: Sequence[FunctionFigure]) -> Mapping[str, Pair]:
        return {figure.name: measure_us(figure, engines[figure.name]) for figure in left}

    ratios = compare(figures, schedule, measure)
    for figure in figures:
        yield find_ratio(figure, ratios[figure.name], figure.baseline_name, "µs")


def find_function_sizes(group: str) -> Iterator[Finding]:
    """The deployed sizes of the tier's and the canary's function."""
    functions = {
        "tier": deploy_function("tier", TIER),
        "canary": deploy_function("cookie-version", SIGNED),
        "canary with skew": deploy_function("cookie-version", {**SIGNED, **SKEW}),
    }
    for name, function in functions.items():
        yield find_size(f"function code, {name}", len(function.code.encode()), MAX_CODE_BYTES, group)


def measure_us(figure: FunctionFigure, engines: tuple[FunctionRuntime, FunctionRuntime]) -> Pair:
    """Microseconds of a run, of the function and of the baseline, which take turns run by run."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(RUNS):
        for engine, times in zip(engines, taken, strict=True):
            found = engine.run(figure.event)
            if found.error is not None:
                raise RuntimeError(f"{figure.name}: {found.error_message}")
            times.append(found.compute_us)
    return median(taken[0]), median(taken[1])


def deploy_function(strategy: str, section: Mapping[str, Any]) -> Function:
    """The function of a stack with this strategy."""
    function = build_function_code(load(strategy, section))
    assert function is not None, f"{strategy} has no function"
    return Function(function.code, function.key_values)


def _start_both(figure: FunctionFigure) -> tuple[FunctionRuntime, FunctionRuntime]:
    baseline = Function(BASELINE.replace("KEY", figure.key), figure.function.pairs)
    return figure.function.start(), (figure.against or baseline).start()


def _figures() -> list[FunctionFigure]:
    tier = deploy_function("tier", TIER)
    canary, signed = deploy_function("cookie-version", VERSIONED), deploy_function("cookie-version", SIGNED)
    skewed = deploy_function("cookie-version", {**VERSIONED, **SKEW})
    known, verified = returning_visitor(canary.start()), returning_visitor(signed.start())
    page, file = (
        browser_event(),
        {**known, "request": {**known["request"], "uri": "/_v/b81d4e0/assets/app-3f2a91c0.js"}},
    )
    return [
        FunctionFigure("compute, tier", tier, "tier:premium", browser_event(CTIER="premium"), MAX_TIER, is_quick=True),
        FunctionFigure("compute, canary assignment", canary, "canary", browser_event(), MAX_ASSIGNMENT, is_quick=True),
        FunctionFigure("compute, canary, known cookie", canary, "canary", known),
        FunctionFigure("compute, canary, signed cookie", signed, "canary", verified),
        FunctionFigure("compute, canary with skew, page", skewed, "canary", page, MAX_SKEW, against=canary),
        FunctionFigure("compute, canary with skew, known cookie", skewed, "canary", known, MAX_SKEW, against=canary),
        FunctionFigure("compute, canary with skew, file", skewed, "canary", file, MAX_SKEW, against=canary),
    ]
