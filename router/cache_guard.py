"""Keeps out of the cache what would answer strangers: headers beside the key on the way there, cookies on the way back.

It needs nothing but the baked config, so it works where the router itself could not be built.
"""

from __future__ import annotations

from router.passing import KEPT_METHODS, PASSING, READ_ONLY_BEHIND_THE_CACHE, remove_unkeyed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PRECONDITION_FAILED = 412
LOWEST_ERROR = 400
ERRORS_KEPT_UNASKED = frozenset({404, 414, 500, 501, 502, 503, 504})
"""For the error caching minimum TTL, whatever their Cache-Control says (page HTTPStatusCodes)."""


class CacheGuard:
    """Stands at the origin triggers of a behavior that keeps answers.

    `key_headers` are the lower-case names that the cache key has. `keeps_errors`: the distribution keeps errors though
    their origin does not ask for it.
    """

    def __init__(self, key_headers: list[str], keeps_errors: bool = False) -> None:
        self._passing = frozenset((*PASSING, *READ_ONLY_BEHIND_THE_CACHE, *key_headers))
        self._keeps_errors = keeps_errors

    def guard(self, cf: dict[str, Any], event_type: str) -> None:
        """Change in place what CloudFront goes on with."""
        if event_type == "origin-request":
            remove_unkeyed(cf["request"], self._passing)
        elif event_type == "origin-response" and cf["request"].get("method") in KEPT_METHODS:
            self._keep_out(cf["response"])

    def _keep_out(self, response: dict[str, Any]) -> None:
        """An answer with a cookie is its visitor's, and one to If-Unmodified-Since is nobody else's either."""
        headers: dict[str, Any] = response.get("headers") or {}
        status = int(response["status"])
        if not headers.get("set-cookie") and status != PRECONDITION_FAILED:
            return
        from router.cache_control import unshared  # only with kept: and most answers need none of it

        if status >= LOWEST_ERROR:  # of errors CloudFront keeps what has a max-age or Expires, private or not
            headers.pop("expires", None)
            headers["cache-control"] = [{"key": "Cache-Control", "value": "private, no-store"}]
            if self._keeps_errors and status in ERRORS_KEPT_UNASKED:
                headers.pop("set-cookie", None)
            return
        given = ", ".join(str(entry["value"]) for entry in headers.get("cache-control", ()))
        headers["cache-control"] = [{"key": "Cache-Control", "value": unshared(given)}]
