"""The paths whose cached responses a deployment makes stale, found by digests of what the responses depend on."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from infra.settings.origins import ROUTED, OriginSettings
from infra.settings.stack import Stack

MARK_TAG = "edge-router:cached"
"""A tag of the distribution: the digests of the last invalidation."""
NOTHING_CACHED = "none"
EVERYTHING = "/*"
PATTERN_LETTERS, DIGEST_LETTERS = 4, 6
"""25 behaviors of 10 letters are 250: a tag's value has at most 256 ("Tagging CloudFront distributions")."""
CACHE_RULE = "only headers of the cache key reach the origin"
"""The rule of the cache key, part of the digests: a deployment with another rule invalidates everything."""
DECIDING_OPTIONS = {"fastest-origin": ("candidates",), "tier": ("default", "tiers")}
"""The other options of these strategies change when or where something is read, not the response of a path."""


def cached_paths(stack: Stack) -> dict[str, str]:
    """Return, by path pattern that may be cached, a digest of everything that a cached response depends on.

    Percentage, pin and release are not part of it where the version is in the cache key: then no response gets stale.
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
            CACHE_RULE,
        )
    return patterns


def format_mark(paths: Mapping[str, str]) -> str:
    """Return the tag's value: the beginnings of every pattern's digest and of the digest for it."""
    found = (_letters(pattern)[:PATTERN_LETTERS] + _short(digest) for pattern, digest in sorted(paths.items()))
    return "".join(found) or NOTHING_CACHED


def affected_paths(mark: str | None, paths: Mapping[str, str]) -> list[str]:
    """Return the paths to invalidate, as CloudFront takes them; all of them for None, an unknown mark."""
    if mark is None:
        return _reduce([invalidation_path(pattern) for pattern in paths])
    before, now = _digests(mark), _digests(format_mark(paths))
    if before.keys() - now.keys():
        # A removed pattern is known by its digest only.
        return [EVERYTHING]
    was_cached = before.keys() if _letters(EVERYTHING)[:PATTERN_LETTERS] not in before else now.keys()
    changed = {key for key in now if now[key] != before.get(key) and key in was_cached}
    return _reduce([invalidation_path(pattern) for pattern in paths if _letters(pattern)[:PATTERN_LETTERS] in changed])


def invalidation_path(pattern: str) -> str:
    """Return the path that covers a pattern: a wildcard can only be the last letter, and a path without one covers no
    query strings ("Specify the objects to invalidate").
    """
    return pattern.replace("?", "*").partition("*")[0] + "*"


def _reduce(found: list[str]) -> list[str]:
    """Remove duplicates and paths that another path covers."""
    paths = sorted(set(found))
    return [one for one in paths if not any(one != other and one.startswith(other[:-1]) for other in paths)]


def _origin(origin: OriginSettings) -> dict[str, Any]:
    """Return all but the timeout, which changes no response, and the build, whose files have names of their own."""
    private = {"pages": origin.pages} if origin.bucket else {}
    return origin.model_dump(include=ROUTED - {"read_timeout_seconds"}) | private


def _options(stack: Stack) -> dict[str, Any]:
    """Return the options that decide, or all; none for canary.js, because the cache key has the origin's name."""
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
    """Split a mark into digests by pattern; one of another format yields none that match."""
    if mark == NOTHING_CACHED:
        return {}
    length = PATTERN_LETTERS + DIGEST_LETTERS
    entries = (mark[start : start + length] for start in range(0, len(mark), length))
    return {entry[:PATTERN_LETTERS]: entry[PATTERN_LETTERS:] for entry in entries}
