"""The traffic of a site, and its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

CANARY_PERCENT = 10
CONFIDENCE = 0.99
MAX_HIT_POINTS = 2.0


@dataclass(frozen=True)
class Size:
    """The amount of traffic. Objects may be kept for `max_age_seconds`; the clock goes by 28 requests a second."""

    requests: int = 100_000
    visitors: int = 5_000
    objects: int = 50
    warm_up_requests: int = 10_000
    max_age_seconds: int = 300
    seed: int = 20261101


@dataclass(frozen=True)
class Outcome:
    """The responses that a site's visitors got.

    `wrong` ones were of another version than the visitor's cookie says, `flipped` of another than the visitor's first;
    `identities` are different ids in version cookies.
    """

    site: str
    requests: int
    hit_percent: float
    wrong: int
    flipped: int
    failed: int
    kept_set_cookies: int
    foreign_cookies: int
    visitors: int
    canary_visitors: int
    identities: int
    origin_requests: dict[str, int]
    invocations: int
    complaints: int
    seconds: float

    @property
    def canary_interval(self) -> tuple[int, int]:
        """Return the number of these visitors that a fair split sends to the canary, in 99 of 100 cases."""
        from scipy.stats import binom  # here, because it takes 1.5 s to load, and tests of the traffic do without

        low, high = cast("Any", binom).interval(CONFIDENCE, self.visitors, CANARY_PERCENT / 100)
        return int(low), int(high)

    @property
    def is_split_fairly(self) -> bool:
        low, high = self.canary_interval
        return low <= self.canary_visitors <= high

    @property
    def is_sound(self) -> bool:
        """Nobody got anything that was not theirs, nothing failed, and no rule of CloudFront's was broken."""
        unwanted = (self.wrong, self.flipped, self.failed, self.kept_set_cookies, self.foreign_cookies, self.complaints)
        return not any(unwanted) and self.identities == self.visitors
