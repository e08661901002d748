"""Evidence that grows with a sample, and may be looked at as often as one likes (e-processes).

Under H0 the expected evidence is at most 1 at every time, and by Ville's inequality it ever reaches 1 / alpha with a
probability of at most alpha. Each is a mixture over a few effects (Robbins, Annals of Mathematical Statistics 41, 1970;
Johari, Koomen, Pekelis and Walsh, Operations Research 70, 2022), all of them in the direction of the alternative, as in
the one-sided mixtures of Howard, Ramdas, McAuliffe and Sekhon (Annals of Statistics 49, 2021). See docs/adr/0021.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from math import exp, inf, log, log1p, sqrt

LOG_ODDS = 0.3, 0.6, 1.0, 1.6, 2.5
"""Bets on the ratio of two rates' odds, from 1.35 to 12."""
LOG_EFFECTS = tuple(0.05 * 2**number for number in range(5))
"""Bets on a difference of logarithms, from 5 % to 120 %."""
_BISECTIONS = 36
_MOST = 40.0
"""Standard errors: beyond it a normal tail is 0."""


def log_evidence(events: float, size: int, reference_events: float, reference_size: int, margin: float) -> float:
    """Return the log evidence against H0: the rate is at most `margin` above that of the reference.

    Of all events a share falls into the sample; under H0 with a margin of 0 at most the share of its size. That is the
    test of Lindon and Malek for counts (Anytime-valid inference for multinomial count data, NeurIPS 2022), and needs
    nothing about the rates themselves, few events included. A margin takes away what it explains: with a bet that
    multiplies by t / s for each event of the sample and by (1 - t) / (1 - s) for each of the reference, where s is the
    sample's share of all requests, a request's factor is on average at most 1 + (t - s) (p - p_reference), so that
    exp(-(t - s) margin) for each request makes it a bet with no gain under H0 (betting as in Waudby-Smith and Ramdas,
    Journal of the Royal Statistical Society B 86, 2024).
    """
    return _mix([_bet(effect, events, size, reference_events, reference_size, margin) for effect in LOG_ODDS])


def difference_limits(
    events: int, size: int, reference_events: int, reference_size: int, alpha: float
) -> tuple[float, float]:
    """Return the limits of the rates' difference: the margins whose evidence, from above and below, is 1 / alpha.

    Each end is wrong with a probability of at most `alpha`, over all times at which one looks.
    """
    counts = events, size, reference_events, reference_size
    worse = [(effect, _bet(effect, *counts, 0.0)) for effect in LOG_ODDS]
    better = [(-effect, _bet(-effect, *counts, 0.0)) for effect in LOG_ODDS]

    def evidence(bets: list[tuple[float, float]], margin: float) -> float:
        return _mix([value - _drift(effect, size, reference_size, margin) for effect, value in bets])

    threshold = -log(alpha)
    low = _bisect(-1.0, 1.0, lambda margin: evidence(worse, margin) >= threshold)
    high = -_bisect(-1.0, 1.0, lambda margin: evidence(better, -margin) >= threshold)
    return low, high


@cache
def critical_value(information: float, alpha: float) -> float:
    """Return the standard errors from which on a normal mean's evidence is 1 / alpha; infinity for an alpha of 0.

    `information` is 1 / (standard error)^2 of a difference of logarithms. A mixture of Wald's likelihood ratios
    exp(effect z sqrt(information) - effect^2 information / 2); for estimates that are normal for large samples only it
    holds in the limit (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, Annals of Statistics 52, 2024).
    """
    if alpha <= 0 or information <= 0:
        return inf
    root, threshold = sqrt(information), -log(alpha)

    def is_short(z: float) -> bool:
        return _mix([effect * root * z - (effect * root) ** 2 / 2 for effect in LOG_EFFECTS]) < threshold

    return _bisect(0.0, _MOST, is_short)


def _bet(effect: float, events: float, size: int, reference_events: float, reference_size: int, margin: float) -> float:
    """Return the log evidence of one bet on the odds."""
    share = size / (size + reference_size)
    wager = _wager(effect, share)
    log_events = events * log(wager / share) if events else 0.0
    log_others = reference_events * log1p((share - wager) / (1 - share)) if reference_events else 0.0
    return log_events + log_others - _drift(effect, size, reference_size, margin)


def _drift(effect: float, size: int, reference_size: int, margin: float) -> float:
    share = size / (size + reference_size)
    return (_wager(effect, share) - share) * margin * (size + reference_size)


def _wager(effect: float, share: float) -> float:
    """Return the share of the events that the bet is on."""
    odds = share * exp(effect)
    return odds / (1 - share + odds)


def _mix(logs: Sequence[float]) -> float:
    """Return the log of the mean of their exponentials."""
    most = max(logs)
    return most + log(sum(exp(value - most) for value in logs) / len(logs))


def _bisect(low: float, high: float, holds: Callable[[float], bool]) -> float:
    """Return the value up to which a claim holds."""
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
