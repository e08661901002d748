"""A metric of the plan's own: where CloudWatch has it, which change is allowed, and whether the canary's is worse.

CloudWatch has no variance of a metric: it is that of blocks of minutes, of both versions in the same ones. A count's
cannot be smaller than chance makes it, so that a canary without an event in its first minutes is not certain to be
better. See docs/rollouts.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from controller.analysis.document import Document, count, number, one_of, read_list, read_map, text
from stats.student_t import sequential_p_value

LOWER, HIGHER = "lower-is-better", "higher-is-better"
AVERAGE, SHARE, PER_REQUEST = "average", "share", "per-request"
"""Figures to compare: the mean of measurements, that of values of 0 or 1, or the sum by the version's requests."""
BLOCK_SAMPLES = 30
"""Samples of each version in a block of minutes: with fewer the mean of a block is nowhere near normal."""
MIN_BLOCKS = 5


@dataclass(frozen=True)
class OwnMetric(Document):
    """A metric that is compared. Its `version_dimension` has the value `stable` or `canary`.

    The canary may be worse by `allowed_percent` of stable's value plus `allowed_change`. `minimum` samples (or
    requests) of each version are needed.
    """

    namespace: str
    metric: str
    regions: tuple[str, ...]
    dimensions: Mapping[str, str] = field(default_factory=dict[str, str])
    version_dimension: str = "Version"
    stable: str = "stable"
    canary: str = "canary"
    compare: str = AVERAGE
    direction: str = LOWER
    allowed_percent: float = 0
    allowed_change: float = 0
    minimum: int = 500

    READERS: ClassVar = {
        **dict.fromkeys(("namespace", "metric", "version_dimension", "stable", "canary"), text),
        "regions": read_list(text),
        "dimensions": read_map(text),
        "compare": one_of((AVERAGE, SHARE, PER_REQUEST)),
        "direction": one_of((LOWER, HIGHER)),
        **dict.fromkeys(("allowed_percent", "allowed_change"), number(0, 1e300)),
        "minimum": count(least=1),
    }

    @property
    def sign(self) -> int:
        """1 where more is worse, -1 where less is."""
        return 1 if self.direction == LOWER else -1

    def limit(self, stable: float) -> float:
        """Return the worst value allowed for the canary."""
        return stable * (1 + self.sign * self.allowed_percent / 100) + self.sign * self.allowed_change


@dataclass(frozen=True)
class MetricSample(Document):
    """The size of a measurement: samples (or requests) of each version, and the blocks of minutes they make."""

    blocks: int = 0
    canary: int = 0
    stable: int = 0

    READERS: ClassVar = dict.fromkeys(("blocks", "canary", "stable"), count())

    def missing(self, metric: OwnMetric) -> str:
        """Describe what is below the minimum; "" where nothing is."""
        unit = "requests" if metric.compare == PER_REQUEST else "samples"
        counts = {"canary": self.canary, "stable": self.stable}
        short = [f"{version} has {found:,}" for version, found in counts.items() if found < metric.minimum]
        if short:
            return f"{' and '.join(short)} of at least {metric.minimum:,} {unit}"
        if self.blocks < MIN_BLOCKS:
            return (
                f"there are {self.blocks} of at least {MIN_BLOCKS} blocks of minutes with {BLOCK_SAMPLES} {unit} each"
            )
        return ""


class Series(NamedTuple):
    """A version's sums, their sample counts, and the numbers that the sums are divided by; each by the minute."""

    sums: Mapping[int, float]
    events: Mapping[int, float]
    sizes: Mapping[int, float]


class Block(NamedTuple):
    """Successive minutes of one version, together."""

    total: float = 0.0
    events: float = 0.0
    size: float = 0.0

    def add(self, series: Series, minute: int) -> Block:
        """Return the block with one more minute."""
        return Block(*(value + part.get(minute, 0.0) for value, part in zip(self, series, strict=True)))

    @property
    def mean(self) -> float:
        return self.total / self.size


def blocks(canary: Series, stable: Series) -> Iterator[tuple[Block, Block]]:
    """Yield the same minutes of both versions, as few as have enough of each. Those of the end may be left over."""
    one, other = Block(), Block()
    for minute in sorted({*canary.sizes, *stable.sizes}):
        one, other = one.add(canary, minute), other.add(stable, minute)
        if min(one.size, other.size) >= BLOCK_SAMPLES:
            yield one, other
            one, other = Block(), Block()


class Judgement(NamedTuple):
    """The means of both versions, the worst one allowed for the canary, and the p-value that it is no worse."""

    canary: float
    stable: float
    limit: float
    p_value: float


def judge(metric: OwnMetric, canary: Series, stable: Series) -> tuple[MetricSample, Judgement | None]:
    """Test whether the canary is worse than allowed, given stable in the same minutes; not below the minimum."""
    pairs = list(blocks(canary, stable))
    one, other = (_total([pair[version] for pair in pairs]) for version in (0, 1))
    sample = MetricSample(len(pairs), round(one.size), round(other.size))
    if sample.missing(metric):
        return sample, None
    p_value = sequential_p_value(_observations(metric, pairs))
    return sample, Judgement(one.mean, other.mean, metric.limit(other.mean), p_value)


def _observations(metric: OwnMetric, pairs: Sequence[tuple[Block, Block]]) -> Iterator[tuple[float, float, float]]:
    """Yield how much worse than allowed each block is, its weight, and the smallest variance of one with weight 1."""
    for canary, stable in pairs:
        excess = metric.sign * (canary.mean - metric.limit(stable.mean))
        weight = canary.size * stable.size / (canary.size + stable.size)
        yield excess, weight, _chance(metric, canary, stable)


def _chance(metric: OwnMetric, canary: Block, stable: Block) -> float:
    """Return the variance of one sample or request by chance alone, of both versions together; 0 where it is unknown.

    A share's is binomial; a sum's that of a compound Poisson variable, of so many events of this size.
    """
    both = Block(*map(sum, zip(canary, stable, strict=True)))
    if metric.compare == SHARE:
        return max(0.0, both.mean * (1 - both.mean))
    return both.total**2 / both.events / both.size if metric.compare == PER_REQUEST and both.events else 0.0


def _total(parts: Sequence[Block]) -> Block:
    return Block(*(sum(values) for values in zip(*parts, strict=True))) if parts else Block()
