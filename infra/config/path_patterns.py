"""Path patterns of cache behaviors, as in `staticPaths`, `failover.paths` and `skew.paths`."""

from __future__ import annotations

import re

from infra.config.rules import duplicate_error

MAX_STATIC_PATHS = 24
"""CloudFront's quota is 25 cache behaviors for each distribution, the default one among them."""

_PATH_PATTERN = re.compile(r"/[A-Za-z0-9_.*$/~\"'@:+&?-]*")
"""The characters of a path pattern ("Cache behavior settings", Path pattern), here always with the leading /."""


def path_pattern_error(pattern: str) -> str:
    """Return the error in a path pattern other than that of every path."""
    if not _PATH_PATTERN.fullmatch(pattern) or len(pattern) > 255:
        return (
            f"is {pattern!r}: a path pattern starts with / and has at most 255 letters, digits and _-.*$/~\"'@:+&?,"
            f" such as {_example(pattern)}"
        )
    return f"is {pattern!r}: that is every path, and the router would see none" if not pattern.strip("/*") else ""


def _example(pattern: str) -> str:
    """Return the pattern with its slash where only that is missing (`*.js`), else any."""
    meant = f"/{pattern}"
    is_likely = pattern.strip("*") and not pattern.startswith("/") and _PATH_PATTERN.fullmatch(meant)
    return meant if is_likely and len(meant) <= 255 else "/static/*"


def path_patterns_error(patterns: tuple[str, ...]) -> str:
    """Return the error in a list of path patterns."""
    if len(patterns) > MAX_STATIC_PATHS:
        return f"has {len(patterns)} entries: CloudFront has room for {MAX_STATIC_PATHS}"
    return duplicate_error(patterns, "every pattern once")
