"""One answer of the site, or why there was none, and what of it is evidence."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

SHOWN_CHARACTERS = 120


@dataclass(frozen=True)
class SetCookie:
    """A cookie that was set; `is_cached` where the answer that set it says that it came out of a cache."""

    name: str
    value: str
    is_cached: bool

    @property
    def digest(self) -> str:
        """What stands for the value in a report: after a leak it may be somebody's session."""
        return sha256(self.value.encode("utf-8", "replace")).hexdigest()[:12]


@dataclass(frozen=True)
class Answer:
    """What came for one page view. `version` is "" where the answer told none that is known, `code` what it told.

    `problem` says why there is no answer; `was_asked` is False where the request was never sent. `found` are the
    expected texts that its body has, `vary` the headers that Vary names, in lower case.
    """

    path: str
    status: int = 0
    version: str = ""
    code: str = ""
    found: frozenset[str] = frozenset()
    request_id: str = ""
    x_cache: str = ""
    age: str = ""
    vary: tuple[str, ...] = ()
    cookies: tuple[SetCookie, ...] = ()
    elapsed_ms: int = 0
    problem: str = ""
    was_asked: bool = True

    @property
    def is_cached(self) -> bool:
        """Whether it came out of a cache, by x-cache or Age (RFC 9111 §5.1)."""
        return is_from_cache(self.x_cache, self.age)

    @property
    def has_come(self) -> bool:
        return not self.problem

    def evidence(self) -> dict[str, Any]:
        """What lets others find this very request, in CloudFront's log by its id."""
        told = {
            "path": self.path,
            "status": self.status,
            "version": self.version or (f"unknown ({self.code})" if self.code else ""),
            "requestId": self.request_id,
            "xCache": self.x_cache,
            "age": self.age,
            "elapsedMs": self.elapsed_ms,
            "problem": self.problem,
        }
        return {key: value for key, value in told.items() if value}


def is_from_cache(x_cache: str, age: str) -> bool:
    """Hit and RefreshHit ("x-edge-result-type", CloudFront's access logs), or an age above 0."""
    result = x_cache.lower()
    return result.startswith(("hit", "refreshhit")) or (age.isascii() and age.isdigit() and int(age[:9]) > 0)


def shown(value: str) -> str:
    """What came from outside, fit for a terminal: printable, and not long."""
    return "".join(character if character.isprintable() else "?" for character in value[:SHOWN_CHARACTERS])
