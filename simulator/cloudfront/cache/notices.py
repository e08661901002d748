"""Says on the console what of a kept answer is not for everybody who will get it; each thing once."""

from __future__ import annotations

from collections.abc import Callable, Container

from simulator.cloudfront.cache.ttl import CacheControl
from simulator.cloudfront.config.behaviors import Behavior
from simulator.cloudfront.http.headers import Headers

_SETTLED = frozenset({"", "*", "accept-encoding"})
"""`*` is kept for nobody, and Accept-Encoding is normalized or not forwarded."""


class KeptNotices:
    """CloudFront tells nobody: it ignores Vary, and replays a Set-Cookie (pages header-caching and Cookies).

    `hashed_headers` (lower-case) are in the key by the hash that a function makes of them.
    """

    def __init__(self, console: Callable[[str], None], hashed_headers: Container[str]) -> None:
        self._console, self._hashed_headers = console, hashed_headers
        self._said: set[str] = set()

    def look_at(self, headers: Headers, behavior: Behavior) -> None:
        """Look at the headers of an answer that this behavior keeps."""
        for name in _names_in(headers.joined("vary") or ""):
            if not self._is_keyed(name, behavior):
                self._say(
                    f"{behavior.path_pattern}: an origin's Vary names {name}, which is not in the cache key: CloudFront"
                    " ignores Vary, and the first answer is everybody's; keyHeaders puts a header into the key"
                    " (AWS page header-caching)"
                )
        is_replayed = behavior.forwards_cookies and not CacheControl.of(headers).hides_set_cookie
        for line in headers.all("set-cookie") if is_replayed else ():
            name = line.partition("=")[0].strip()
            self._say(
                f"{behavior.path_pattern}: an answer that sets the cookie {name} is kept, and its cookie is replayed to"
                " others; the origin has to say private instead (AWS page Cookies)"
            )

    def _is_keyed(self, name: str, behavior: Behavior) -> bool:
        if name == "cookie":  # what is not forwarded changes nothing
            policy = behavior.origin_request_policy
            return policy is None or policy.cookies.is_empty or behavior.cache_policy.cookies.mode == "all"
        return name in _SETTLED or name in self._hashed_headers or behavior.cache_policy.headers.takes(name)

    def _say(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self._console(line)


def _names_in(vary: str) -> list[str]:
    return sorted({name.strip().lower() for name in vary.split(",")})
