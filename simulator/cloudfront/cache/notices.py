"""Warnings on the console about cached responses that not every viewer should receive; each once."""

from collections.abc import Callable, Container

from simulator.cloudfront.cache.ttl import CacheControl
from simulator.cloudfront.config.behaviors import Behavior
from simulator.cloudfront.http.headers import Headers

_SETTLED = frozenset({"", "*", "accept-encoding"})
"""`*` is not cached, and Accept-Encoding is normalized or not forwarded."""


class CacheNotices:
    """CloudFront itself does not warn: it ignores Vary, and replays a Set-Cookie (pages header-caching and Cookies).

    `hashed_headers` (lower-case) are in the key by the hash that a function makes of them.
    """

    def __init__(self, console: Callable[[str], None], hashed_headers: Container[str]) -> None:
        self._console, self._hashed_headers = console, hashed_headers
        self._printed: set[str] = set()

    def check(self, headers: Headers, behavior: Behavior) -> None:
        """Check the headers of a response that this behavior caches."""
        for name in sorted({name.strip().lower() for name in (headers.join("vary") or "").split(",")}):
            if not self._is_keyed(name, behavior):
                self._say(
                    f"{behavior.path_pattern}: an origin's Vary names {name}, which is not in the cache key: CloudFront"
                    " ignores Vary, and every viewer receives the first response; keyHeaders puts a header into the key"
                    " (AWS page header-caching)"
                )
        is_replayed = behavior.forwards_cookies and not CacheControl.of(headers).hides_set_cookie
        for line in headers.all("set-cookie") if is_replayed else ():
            name = line.partition("=")[0].strip()
            self._say(
                f"{behavior.path_pattern}: a response that sets the cookie {name} is cached, and its cookie is replayed"
                " to others; the origin has to send private instead (AWS page Cookies)"
            )

    def _is_keyed(self, name: str, behavior: Behavior) -> bool:
        if name == "cookie":  # what is not forwarded changes nothing
            policy = behavior.origin_request_policy
            return policy is None or policy.cookies.is_empty or behavior.cache_policy.cookies.mode == "all"
        return name in _SETTLED or name in self._hashed_headers or behavior.cache_policy.headers.takes(name)

    def _say(self, line: str) -> None:
        if line not in self._printed:
            self._printed.add(line)
            self._console(line)
