"""The study behind ADR 0021: alpha spending, evidence by mixtures, and both, at every look of a step.

Vectorized, and independent of stats/, against which tests hold it. `python -m bench.rollouts.study` writes tables and
a plot of the false alarms and of the time to detect.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log, pi
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from scipy import stats

from bench.processes import PROJECT
from stats.alpha_spending import AGAIN, ALPHA, DIVIDED, UNDIVIDED
from stats.always_valid import LOG_ODDS

Array = npt.NDArray[Any]
PLOT = PROJECT / "docs" / "adr" / "0021-always-valid.svg"
LOOKS, FIRST_REQUESTS, STEPS = 60, 500, 5
SHOWN = (1, 2, 3, 5, 9, 15, 30, 60)
BISECTIONS = 48
NORMAL_WEIGHT = 0.3
_TAIL = cast("Callable[[Array], Array]", stats.norm.sf)
METHODS = ("alpha spending", "mixture", "normal mixture", "both")


@dataclass(frozen=True)
class Scenario:
    """Rates of both, the margin allowed, the canary's share, and the requests of a minute."""

    name: str
    canary: float
    stable: float
    margin: float
    share: float
    requests: int = 3_000


FALSE = (
    Scenario("1 % errors, none more allowed", 0.01, 0.01, 0.0, 0.01),
    Scenario("0.1 % errors, none more allowed", 0.001, 0.001, 0.0, 0.01),
    Scenario("0.1 % errors, none more allowed, canary 50 %", 0.001, 0.001, 0.0, 0.5),
    Scenario("as bad as allowed, 2 % against 1 %", 0.02, 0.01, 0.01, 0.05),
)
FOUND = (
    Scenario("4 % against 1 %, canary 1 %", 0.04, 0.01, 0.01, 0.01),
    Scenario("4 % against 1 %, canary 5 %", 0.04, 0.01, 0.01, 0.05),
    Scenario("0.5 % against 0.1 %, none more allowed, canary 5 %", 0.005, 0.001, 0.0, 0.05),
    Scenario("2.5 % against 1 %, canary 50 %", 0.025, 0.01, 0.01, 0.5),
)


def first_alarms(scenario: Scenario, runs: int, alpha: float, seed: int) -> Mapping[str, npt.NDArray[np.int64]]:
    """Return the look of each run's first alarm, by method; LOOKS + 1 where there is none."""
    random = np.random.default_rng([seed, *scenario.name.encode()])
    a_look = max(1, round(scenario.requests * scenario.share))
    canary_size = max(FIRST_REQUESTS, a_look) + a_look * np.arange(LOOKS)
    stable_size = np.round(canary_size * (1 - scenario.share) / scenario.share)
    canary = _events(random, scenario.canary, canary_size, runs)
    stable = _events(random, scenario.stable, stable_size, runs)
    counts = canary, canary_size.astype(float), stable, stable_size
    p_values, look = spending_p_values(*counts, scenario.margin), np.arange(1, LOOKS + 1)
    spent, evident = alpha * 6 / (pi * look) ** 2, log_evidence(*counts, scenario.margin)
    mixed = alpha * DIVIDED / 2 * (1 - AGAIN)
    alarms = {
        "alpha spending": p_values <= spent,
        "mixture": evident >= -log(alpha),
        "normal mixture": normal_log_evidence(*counts, scenario.margin) >= -log(alpha),
        "both": (p_values <= np.where(look <= UNDIVIDED, spent, spent / 2)) | (evident >= -log(mixed)),
    }
    return {name: np.where(found.any(axis=1), found.argmax(axis=1) + 1, LOOKS + 1) for name, found in alarms.items()}


def _events(random: np.random.Generator, rate: float, sizes: Array, runs: int) -> Array:
    added = np.diff(sizes, prepend=0).astype(np.int64)
    return random.binomial(added, rate, (runs, LOOKS)).cumsum(axis=1).astype(float)


def spending_p_values(events: Array, size: Array, others: Array, other_size: Array, margin: float) -> Array:
    """Return the p-values of stats.score_test."""
    with np.errstate(all="ignore"):
        low = _constrain(events, size, others, other_size, margin)
        high = low + margin
        variance = high * (1 - high) / size + low * (1 - low) / other_size
        score = np.where(variance > 0, (events / size - others / other_size - margin) / np.sqrt(variance), 0.0)
        fewer = np.maximum(0, events - 1)
        low = _constrain(fewer, size, others, other_size, margin)
        ratio = _log_ratio(fewer, size, low + margin) + _log_ratio(others, other_size, low)
        root = np.where(fewer / size - others / other_size <= margin, 0.0, np.sqrt(2 * np.maximum(0.0, ratio)))
    return _TAIL(np.minimum(score, root))


def log_evidence(events: Array, size: Array, others: Array, other_size: Array, margin: float) -> Array:
    """Return the logarithms of stats.always_valid.log_evidence."""
    share = size / (size + other_size)
    bets: list[Array] = []
    for effect in LOG_ODDS:
        wager = share * np.exp(effect) / (1 - share + share * np.exp(effect))
        drift = (wager - share) * margin * (size + other_size)
        bets.append(events * np.log(wager / share) + others * np.log((1 - wager) / (1 - share)) - drift)
    return np.logaddexp.reduce(bets, axis=0) - log(len(bets))


def normal_log_evidence(events: Array, size: Array, others: Array, other_size: Array, margin: float) -> Array:
    """Return those of the one-sided normal mixture, the mSPRT of Johari et al., with estimated variances."""
    rate, other_rate = (events + 0.5) / (size + 1), (others + 0.5) / (other_size + 1)
    variance = rate * (1 - rate) / size + other_rate * (1 - other_rate) / other_size
    z = (events / size - others / other_size - margin) / np.sqrt(variance)
    part = (size / FIRST_REQUESTS) / (size / FIRST_REQUESTS + NORMAL_WEIGHT)
    return 0.5 * np.log(1 - part) + z * z / 2 * part + np.log(2 * _TAIL(-z * np.sqrt(part)))


def _constrain(events: Array, size: Array, others: Array, other_size: Array, margin: float) -> Array:
    low, high = np.zeros(events.shape), np.full(events.shape, 1.0 - margin)
    for _ in range(BISECTIONS):
        rate = (low + high) / 2
        is_below = _slope(events, size, rate + margin) + _slope(others, other_size, rate) > 0
        low, high = np.where(is_below, rate, low), np.where(is_below, high, rate)
    return (low + high) / 2


def _slope(events: Array, size: Array, rate: Array) -> Array:
    return np.where(events > 0, events / rate, 0.0) - (size - events) / (1 - rate)


def _log_ratio(events: Array, size: Array, rate: Array) -> Array:
    observed = events / size
    others = (size - events) * (np.log1p(-observed) - np.log1p(-rate))
    return np.where(events > 0, events * np.log(observed / rate), 0.0) + others


def table(scenarios: Sequence[Scenario], runs: int, alpha: float, seed: int) -> tuple[str, dict[str, list[float]]]:
    """Return rows of Markdown with the share of runs that alarmed up to a look, and the same of all looks."""
    looks = "".join(f" {look} |" for look in SHOWN)
    lines = [f"| | by look |{looks} median |", "|---|---|" + "---:|" * (len(SHOWN) + 1)]
    curves: dict[str, list[float]] = {}
    for scenario in scenarios:
        for method, found in first_alarms(scenario, runs, alpha, seed).items():
            curve = [float(np.mean(found <= look)) for look in range(1, LOOKS + 1)]
            curves[f"{scenario.name}: {method}"] = curve
            shares = "".join(f" {100 * curve[look - 1]:.2f} |" for look in SHOWN)
            median = float(np.median(found))
            lines.append(f"| {scenario.name} | {method} |{shares} {median:g} |".replace(f" {LOOKS + 1} |", " – |"))
    return "\n".join(lines), curves


def plot(false: Mapping[str, Sequence[float]], found: Mapping[str, Sequence[float]]) -> str:
    """Return two panels as SVG: false alarms of the second scenario, and what is found of the first."""
    colors = dict(zip(METHODS, ("#0969da", "#1a7f37", "#8250df", "#cf222e"), strict=True))
    panels = ((FALSE[1].name, false, ALPHA), (FOUND[0].name, found, 1.0))
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 300" font-family="sans-serif" font-size="12">']
    parts.append('<rect width="760" height="300" fill="#fff"/>')
    for panel, (title, curves, top) in enumerate(panels):
        left = 50 + 370 * panel
        parts.append(f'<text x="{left}" y="20" font-weight="bold">{title}</text>')
        parts.append(f'<path d="M{left} 30V250H{left + 300}" fill="none" stroke="#57606a"/>')
        parts += [
            f'<text x="{left - 4}" y="{y}" text-anchor="end">{text}</text>'
            for y, text in ((36, f"{100 * top:g} %"), (252, "0"))
        ]
        parts += [
            f'<text x="{left + 5 * look}" y="266" text-anchor="middle">{look}</text>' for look in (1, 15, 30, 45, 60)
        ]
        for method, color in colors.items():
            points = " ".join(
                f"{left + 5 * look},{250 - 220 * share / top:.1f}"
                for look, share in enumerate(curves[f"{title}: {method}"], 1)
            )
            parts.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>')
    for place, (method, color) in enumerate(colors.items()):
        parts.append(f'<text x="{50 + 180 * place}" y="290" fill="{color}">{method}</text>')
    return "\n".join([*parts, "</svg>", ""])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables and write the plot."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.rollouts.study", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--runs", type=int, default=10_000, help="of each scenario, 10,000 by default")
    parser.add_argument("--seed", type=int, default=2026, help="2026 by default")
    parser.add_argument("--plot", action="store_true", help=f"write docs/adr/{PLOT.name}")
    options = parser.parse_args(arguments)
    false, false_curves = table(FALSE, options.runs, ALPHA, options.seed)
    found, found_curves = table(FOUND, options.runs, ALPHA / STEPS, options.seed)
    sys.stdout.write(f"False alarms in percent, alpha {ALPHA:g} for one step:\n\n{false}\n\n")
    sys.stdout.write(f"Found in percent, alpha {ALPHA / STEPS:g}:\n\n{found}\n")
    if options.plot:
        PLOT.write_text(plot(false_curves, found_curves), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
