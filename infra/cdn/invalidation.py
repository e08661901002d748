"""Which paths hold cached answers that a deployment has made wrong: what the answers depend on, as digests."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from infra.settings.origins import OriginSettings
from infra.settings.stack import Stack

MARK_TAG = "edge-router:cached"
"""A tag of the distribution: what its caches were last made to agree with."""
NOTHING_CACHED = "none"
EVERYTHING = "/*"
PATTERN_LETTERS, DIGEST_LETTERS = 4, 6
"""25 behaviors of 10 letters are 250: a tag's value has at most 256 ("Tagging CloudFront distributions")."""
KEPT_BY = "only headers of the cache key reach the origin"
"""The rule by which answers are kept. What was kept by another one is forgotten with the deployment of this one."""
DECIDING_OPTIONS = {"fastest-origin": ("candidates",), "tier": ("default", "tiers")}
"""The others of these strategies change when or where something is looked up, not what a path answers."""


def cached_paths(stack: Stack) -> dict[str, str]:
    """By path pattern that may be cached: a digest of all that an answer kept under it depends on.

    Percentage, pin and release are no part of it where the chosen version is in the cache key: then every answer is
    still right for whom it is kept.
    """
    settings = stack.settings
    origins = {name: _origin(origin) for name, origin in settings.origins.items()}
    patterns = {pattern: _digest(origins["stable"]) for pattern in settings.static_paths}
    if settings.needs.is_cacheable:
        patterns[EVERYTHING] = _digest(
            settings.strategy,
            origins,
            _options(stack),
            "" if settings.needs.version_header else settings.pin,
            settings.demo.tiers,
            KEPT_BY,
        )
    return patterns


def mark_of(paths: Mapping[str, str]) -> str:
    """The tag's value: the beginnings of the digests of every pattern and of what it depends on."""
    found = (_letters(pattern)[:PATTERN_LETTERS] + _short(digest) for pattern, digest in sorted(paths.items()))
    return "".join(found) or NOTHING_CACHED


def affected(mark: str | None, paths: Mapping[str, str]) -> list[str]:
    """What to invalidate, as CloudFront takes it; `mark` is None where nothing is known of before: then everything."""
    if mark is None:
        return _as_few([invalidation_path(pattern) for pattern in paths])
    before, now = _digests(mark), _digests(mark_of(paths))
    if before.keys() - now.keys():
        # A pattern that is gone: all that is left of it is its digest.
        return [EVERYTHING]
    was_cached = before.keys() if _letters(EVERYTHING)[:PATTERN_LETTERS] not in before else now.keys()
    changed = {key for key in now if now[key] != before.get(key) and key in was_cached}
    return _as_few([invalidation_path(pattern) for pattern in paths if _letters(pattern)[:PATTERN_LETTERS] in changed])


def invalidation_path(pattern: str) -> str:
    """A wildcard may only be the last letter, and without one no other query string is meant
    ("Specify the objects to invalidate").
    """
    return pattern.replace("?", "*").partition("*")[0] + "*"


def _as_few(found: list[str]) -> list[str]:
    """Without what lies below another one of them."""
    paths = sorted(set(found))
    return [one for one in paths if not any(one != other and one.startswith(other[:-1]) for other in paths)]


def _origin(origin: OriginSettings) -> dict[str, Any]:
    """How long an answer may take says nothing about it."""
    return origin.model_dump(exclude={"read_timeout_seconds"})


def _options(stack: Stack) -> dict[str, Any]:
    """Of a strategy that is not ours, all of them. Where canary.js decides, the cache key has the origin's name."""
    settings = stack.settings
    if settings.needs.viewer_function == "canary":
        return {}
    options = dataclasses.asdict(settings.options)
    kept = DECIDING_OPTIONS.get(settings.strategy, tuple(options))
    return {name: options[name] for name in kept}


def _digest(*parts: object) -> str:
    return sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _letters(text: str) -> str:
    return base64.b64encode(sha256(text.encode()).digest()).decode()


def _short(digest: str) -> str:
    return _letters(digest)[:DIGEST_LETTERS]


def _digests(mark: str) -> dict[str, str]:
    """Of a mark that is none of ours, nothing that could agree."""
    if mark == NOTHING_CACHED:
        return {}
    length = PATTERN_LETTERS + DIGEST_LETTERS
    entries = (mark[start : start + length] for start in range(0, len(mark), length))
    return {entry[:PATTERN_LETTERS]: entry[PATTERN_LETTERS:] for entry in entries}
