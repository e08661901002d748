"""Assigning visitors to stable or canary, and the snapshot of control that says how many."""

from __future__ import annotations

from functools import lru_cache  # json has loaded it already

from router.model.digest import sha256
from router.model.record import record

BUCKETS = 10_000


def bucket(salt: str, key: str) -> int:
    """The bucket (0 … 9,999) of a visitor in a release.

    SHA-256 over UTF-8 of salt, one NUL and key; its first 13 hex digits (52 bits, exact in a JavaScript number) modulo
    10,000. A lone surrogate counts as U+FFFD, as it does in JavaScript's UTF-8 encoder.
    """
    text = f"{salt}\0{key}"
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        encoded = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
    return int(sha256(encoded).hexdigest()[:13], 16) % BUCKETS


@lru_cache(maxsize=8)
def release_tag(release: str) -> str:
    """The 8 hex digits that stand for a release in cookies."""
    return sha256(release.encode("utf-8", "replace")).hexdigest()[:8]


class Assignment:
    """Stable or canary for a visitor: canary where the visitor's bucket lies below the percentage.

    A higher percentage adds buckets and takes none away, so raising it only moves visitors to the canary and lowering
    it only back. `release` is the salt: another release has other early visitors; "" is an unknown one.
    """

    __slots__ = ("canary_percent", "release")

    def __init__(self, release: str, canary_percent: float) -> None:
        self.release = release
        self.canary_percent = canary_percent

    @property
    def release_tag(self) -> str:
        return release_tag(self.release)

    @property
    def majority(self) -> str:
        """The origin that most new visitors are assigned to; "stable" at 50 %."""
        return "canary" if self.canary_percent > 50 else "stable"

    def assign(self, key: str) -> tuple[str, int]:
        """The origin's name ("stable" or "canary") and the bucket of this visitor."""
        number = bucket(self.release, key)
        return ("canary" if number < round(self.canary_percent * BUCKETS / 100) else "stable"), number


@record
class Live:
    """The percentage, pin and release in force, and their source. One such snapshot serves a whole request.

    `release` is "" where it is unknown. `is_withdrawn`: the canary was rolled back, and no visitor is sent there.
    `percent_from`: baked, function, config, rollout or pin. `revision`: "config:<8 hex digits>" or "rollout:<number>",
    "" where the table was never read. `reason`: the failure of the last refresh, "" where it was complete.
    """

    percent: float
    pin: str
    release: str
    is_withdrawn: bool = False
    percent_from: str = "baked"
    revision: str = ""
    reason: str = ""

    @property
    def assignment(self) -> Assignment:
        return Assignment(self.release, self.percent)
