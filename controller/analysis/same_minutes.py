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
        weighted = [(scale * canary / found.trials, found) for canary, found in strata]
        return _add_weighted(weighted, round(scale * total), has_histogram=bool(whole.histogram))


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


def _add_weighted(parts: Sequence[tuple[float, Sample]], trials: int, *, has_histogram: bool) -> Sample:
    """Return the sum of weighted samples, with whole counts; that of latencies keeps mean and variance."""
    latencies = sum(weight * sample.latencies for weight, sample in parts)
    kept = round(latencies)
    share = kept / latencies if latencies else 0.0
    matched = Sample(
        trials,
        trials,
        min(trials, round(sum(weight * sample.errors for weight, sample in parts))),
        kept,
        share * sum(weight * sample.log_sum for weight, sample in parts),
        share * sum(weight * sample.log_squares for weight, sample in parts),
    )
    if not has_histogram:
        return matched
    columns = zip(
        *([weight * count for count in sample.histogram] for weight, sample in parts if sample.histogram), strict=True
    )
    return replace(matched, histogram=tuple(round(sum(column)) for column in columns))
