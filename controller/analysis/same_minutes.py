"""The reference as it would be if each of its minutes had weighed what it weighs for the canary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from controller.analysis.sample import CANARY, Sample, Samples, find_sample

MIN_TRIALS = 50
"""Requests that each version has in a stratum: of fewer a rate says little."""


@dataclass(frozen=True)
class Measured:
    """The samples of a window, and those of its minutes in their order."""

    samples: Samples
    minutes: Sequence[Samples] = ()

    def match_reference(self, reference: str) -> Sample:
        """Return the reference's sample, its minutes weighted by the canary's requests in them.

        Visitors who are assigned stay, so the canary's share grows within a step. In the sums of a window a late minute
        is a larger part of the canary than of the reference, and one in which both fail would count against the canary
        (Simpson's paradox). So the minutes, in strata with at least MIN_TRIALS requests of each, are standardized to
        those of the canary (direct standardization). The size is the effective one, N² / Σ n²/m of n requests of the
        canary and m of the reference; with the same share in all strata, this is the sum as it is.
        """
        strata = list(_strata(self.minutes, reference))
        whole = find_sample(self.samples, reference)
        if len(strata) < 2:
            return whole
        total = sum(canary for canary, _ in strata)
        scale = total / sum(canary * canary / of_reference.trials for canary, of_reference in strata)
        weighted = [_scale(found, scale * canary / found.trials) for canary, found in strata]
        return _round(weighted, scale * total, bool(whole.histogram))


@dataclass(frozen=True)
class _Weighted:
    """Sums of a sample, which are no longer whole numbers."""

    errors: float
    latencies: float
    log_sum: float
    log_squares: float
    histogram: tuple[float, ...]


def _strata(minutes: Iterable[Samples], reference: str) -> Iterator[tuple[int, Sample]]:
    """Yield the canary's trials and the reference's sample of successive minutes; the last go with those before."""
    closed: tuple[int, Sample] | None = None
    canary, found = 0, Sample()
    for samples in minutes:
        canary += find_sample(samples, CANARY).trials
        found += find_sample(samples, reference)
        if min(canary, found.trials) < MIN_TRIALS:
            continue
        if closed is not None:
            yield closed
        closed = canary, found
        canary, found = 0, Sample()
    if closed is not None:
        yield closed[0] + canary, closed[1] + found


def _scale(sample: Sample, weight: float) -> _Weighted:
    return _Weighted(
        weight * sample.errors,
        weight * sample.latencies,
        weight * sample.log_sum,
        weight * sample.log_squares,
        tuple(weight * count for count in sample.histogram),
    )


def _round(parts: Sequence[_Weighted], trials: float, has_histogram: bool) -> Sample:
    """Return the sample of the sums, with whole counts; those of latencies keep mean and variance."""
    size, latencies = round(trials), sum(part.latencies for part in parts)
    kept = round(latencies)
    share = kept / latencies if latencies else 0.0
    matched = Sample(
        size,
        size,
        min(size, round(sum(part.errors for part in parts))),
        kept,
        share * sum(part.log_sum for part in parts),
        share * sum(part.log_squares for part in parts),
    )
    if not has_histogram:
        return matched
    columns = zip(*(part.histogram for part in parts if part.histogram), strict=True)
    return replace(matched, histogram=tuple(round(sum(column)) for column in columns))
