"""The rules by which a stack assigns the visitors of an access log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.settings.stack import Stack
from router.model.assignment import BUCKETS, release_tag
from strategies.sticky_session import MAX_TOKEN_CHARACTERS

EXACT, EXPECTED, CONDITIONAL, UNKNOWN = "exact", "expected", "conditional", "unknown"
"""The certainty of a request's version. Exact: by its cookie. Expected: by the request id, which the next request of
the same visitor will not have. Conditional: as a new visitor, if the sessions table does not know the session."""

CERTAINTY: Mapping[str, str] = {
    "cookie": EXACT,
    "other-release": EXACT,
    "unknown-version": EXACT,
    "redirect": EXACT,
    "static-path": EXACT,
    "session": CONDITIONAL,
    "no-cookie": EXPECTED,
    "no-session": EXPECTED,
    "forged-cookie": EXPECTED,
    "malformed-cookie": EXPECTED,
    "malformed-session": EXPECTED,
    "cookies-not-logged": EXPECTED,
    "unreadable-cookie": UNKNOWN,
    "token-not-logged": UNKNOWN,
}
"""By reason; where a reason is also one of the strategy's, it is the strategy's."""

BESIDE_ROUTER = ("redirect", "static-path")
"""The reasons of requests for which the router does not run."""

MEANINGS: Mapping[str, str] = {
    "cookie": "stays where the cookie says",
    "other-release": "assigned anew, by the visitor id in the cookie",
    "unknown-version": "assigned anew, by the visitor id in the cookie",
    "redirect": "CloudFront's own redirect to HTTPS, without the router",
    "static-path": "always stable, without the router",
    "session": "stays where the sessions table says; a new visitor if it knows nothing",
    "no-cookie": "a new visitor, or a subrequest, which the log does not tell",
    "no-session": "a new visitor, or a subrequest, which the log does not tell",
    "forged-cookie": "a new visitor",
    "malformed-cookie": "a new visitor",
    "malformed-session": "a new visitor",
    "cookies-not-logged": "the log has no field for cookies: all are taken for new visitors",
    "unreadable-cookie": "the session's cookie has characters beyond ASCII",
    "token-not-logged": "the log has no tokens",
}


@dataclass(frozen=True)
class Rules:
    """A strategy as an access log shows it: by cookies and request ids.

    `before` and `after` are percentages, `steps` those of a plan. `version_cookie` and `session_cookie` are "" where
    the strategy has none. `mints_ids`: a CloudFront Function derives new visitors' ids from the request id.
    """

    strategy: str
    release: str
    before: float
    after: float
    steps: tuple[float, ...]
    origins: tuple[str, ...]
    version_cookie: str = ""
    session_cookie: str = ""
    signing_keys: tuple[str, ...] = ()
    mints_ids: bool = False
    is_cacheable: bool = False
    static_paths: tuple[str, ...] = ()
    reads_cookies: bool = True
    session_characters: int = MAX_TOKEN_CHARACTERS

    @property
    def tag(self) -> str:
        """The release as it stands in version cookies."""
        return release_tag(self.release)

    @property
    def static_pattern(self) -> str:
        """A regular expression for `static_paths`, "" where there are none.

        `*` is any text, `?` any character (page DownloadDistValuesCacheBehavior, "Path pattern").
        """
        return "|".join(f"(?:{_pattern(path)})" for path in self.static_paths)


def limit(percent: float) -> int:
    """Return the number of buckets on the canary, as router.model.assignment rounds it."""
    return round(percent * BUCKETS / 100)


def read_rules(stack: Stack, percent: float, steps: tuple[float, ...] = ()) -> Rules:
    """Return the rules of a stack whose percentage becomes another one."""
    settings = stack.settings
    options: Any = settings.options
    is_versioned = getattr(options, "caching", "") == "versioned"
    kinds: dict[str, dict[str, Any]] = {
        "cookie-version": {"version_cookie": options.cookie, "signing_keys": tuple(options.signing_keys)}
        if settings.strategy == "cookie-version"
        else {},
        "sticky-session": {
            "session_cookie": options.cookie,
            "version_cookie": options.version_cookie if is_versioned else "",
        }
        if settings.strategy == "sticky-session"
        else {},
    }
    return Rules(
        strategy=settings.strategy,
        release=settings.release,
        before=settings.canary_percent,
        after=percent,
        steps=steps or (percent,),
        origins=tuple(settings.origins),
        mints_ids=is_versioned,
        is_cacheable=settings.needs.is_cacheable,
        static_paths=settings.static_paths,
        reads_cookies=settings.strategy in kinds,
        **kinds.get(settings.strategy, {}),
    )


def _pattern(path: str) -> str:
    parts = {"*": ".*", "?": "."}
    return "^/?" + "".join(parts.get(char) or re.escape(char) for char in path.removeprefix("/")) + "$"
