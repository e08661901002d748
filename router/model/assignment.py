"""Who goes to the canary: a stable hash into buckets, and a percentage of the buckets."""

from __future__ import annotations

from router.model.digest import sha256

BUCKETS = 10_000


def bucket(salt: str, key: str) -> int:
    """The bucket (0 … 9,999) of a visitor in a release.

    SHA-256 over UTF-8 of salt, one NUL and key; its first 13 hex digits (52 bits, exact in a JavaScript number) modulo
    10,000. A lone surrogate counts as U+FFFD, as it does in JavaScript's UTF-8 encoder.
    """
    return int(sha256(_utf8(f"{salt}\0{key}")).hexdigest()[:13], 16) % BUCKETS


def release_tag(release: str) -> str:
    """What stands for a release in cookies: 8 hex digits."""
    return sha256(release.encode("utf-8", "replace")).hexdigest()[:8]


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


class Assignment:
    """Stable or canary for a visitor: canary where the visitor's bucket lies below the percentage.

    A higher percentage adds buckets and takes none away, so raising it only moves visitors to the canary and lowering
    it only back. `release` is the salt: another release has other early visitors; "" is an unknown one. `release_tag`
    stands for it in cookies.
    """

    __slots__ = ("canary_percent", "release", "release_tag")

    def __init__(self, release: str, canary_percent: float) -> None:
        self.release = release
        self.release_tag = release_tag(release)
        self.canary_percent = canary_percent

    def change(self, release: str, canary_percent: float) -> None:
        """From now on this release and this percentage."""
        if release != self.release:
            self.release = release
            self.release_tag = release_tag(release)
        self.canary_percent = canary_percent

    def assign(self, key: str) -> tuple[str, int]:
        """The origin's name ("stable" or "canary") and the bucket of this visitor."""
        number = bucket(self.release, key)
        return ("canary" if number < round(self.canary_percent * BUCKETS / 100) else "stable"), number
