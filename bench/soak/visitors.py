"""Visitors of a site on the simulated edge: who asks for what, what they got, and what the cache kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import accumulate
from random import Random

import httpx

from simulator.cloudfront import Edge, Headers, ViewerRequest, ViewerResponse
from simulator.cloudfront.cache.cache import Cache, CacheKey, Entry

COOKIE = "app-version"
REQUESTS_PER_SECOND = 28
"""100,000 requests in an hour."""
REGION = "us-east-1"
_FORGED = {"X-Router-Version": "canary"}


class Clock:
    """Seconds since the epoch; it stands still until it is moved."""

    def __init__(self, now: float = 1_793_534_400.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass
class Origins(httpx.AsyncBaseTransport):
    """Both versions of the site. An object names the version that made it; every fifth one sets a cookie of its own,
    though it may be kept."""

    max_age_seconds: int
    asked: Counter[str] = field(default_factory=Counter[str])

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        version, path = request.url.host, request.extensions["target"].decode()
        self.asked[version] += 1
        headers = [("Cache-Control", f"max-age={self.max_age_seconds}"), ("X-App-Version", version)]
        if path.endswith(("0", "5")):
            headers.append(("Set-Cookie", f"seen={path}; Path=/"))
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(f"{version} {path}".encode()))


class WatchedCache(Cache):
    """Counts the answers that were kept with a Set-Cookie in them."""

    set_cookies = 0

    def __bool__(self) -> bool:
        """An empty cache is one, too."""
        return True

    def put(self, key: CacheKey, entry: Entry) -> None:
        self.set_cookies += "set-cookie" in entry.response.headers
        super().put(key, entry)


@dataclass
class Visitor:
    """A browser. `first` is the version that answered it first."""

    name: int
    cookie: str = ""
    first: str = ""

    @property
    def version(self) -> str:
        return self.cookie.partition(".")[0]

    def request(self, path: str, *, is_forging: bool) -> ViewerRequest:
        forged = _FORGED if is_forging else {}
        cookies = f"theme=t{self.name}" + (f"; {COOKIE}={self.cookie}" if self.cookie else "")
        fields: Mapping[str, str] = {"Host": "www.example.com", "Cookie": cookies, **forged}
        return ViewerRequest("GET", path, headers=Headers.of(fields.items()), client_ip="203.0.113.178")


@dataclass
class Visits:
    """`requests` of `visitors` for `objects`, the popular ones more often (Zipf), in an order that `seed` gives."""

    requests: int
    visitors: int
    objects: int
    seed: int
    warm_up_requests: int

    def __post_init__(self) -> None:
        self.people = [Visitor(name) for name in range(self.visitors)]
        self.hits = self.warm_hits = self.wrong = self.flipped = self.failed = self.foreign_cookies = 0

    async def run(self, edge: Edge, clock: Clock, *, forges_headers: bool) -> None:
        """Every hundredth request carries the version header, as somebody would to get at the canary."""
        random = Random(self.seed)
        paths = [f"/object-{number}" for number in range(self.objects)]
        weights = list(accumulate(1 / rank for rank in range(1, self.objects + 1)))
        for number in range(self.requests):
            visitor = self.people[random.randrange(self.visitors)]
            [path] = random.choices(paths, cum_weights=weights)
            request = visitor.request(path, is_forging=forges_headers and number % 100 == 0)
            response = await edge.serve(request, REGION)
            self._take(number, visitor, response)
            clock.now += 1 / REQUESTS_PER_SECOND

    def _take(self, number: int, visitor: Visitor, response: ViewerResponse) -> None:
        is_hit = (response.headers.get("x-cache") or "").startswith("Hit")
        self.hits += is_hit
        self.warm_hits += is_hit and number >= self.warm_up_requests
        version, sent = response.headers.get("x-app-version") or "", visitor.version
        self.failed += response.status != 200
        for line in response.headers.all("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            if name == COOKIE:
                visitor.cookie = value
            else:
                self.foreign_cookies += is_hit
        # Neither the cookie that was sent nor the one that came along may name another version.
        self.wrong += not {sent, visitor.version} <= {"", version}
        visitor.first = visitor.first or version
        self.flipped += version != visitor.first

    @property
    def hit_percent(self) -> float:
        """Of all requests but the warm-up's."""
        return 100 * self.warm_hits / (self.requests - self.warm_up_requests)

    @property
    def seen(self) -> list[Visitor]:
        """Return the visitors who came at all."""
        return [visitor for visitor in self.people if visitor.first]

    @property
    def canary_visitors(self) -> int:
        return sum(visitor.first == "canary" for visitor in self.seen)

    @property
    def identities(self) -> int:
        """Count the ids that the version cookies have between them."""
        return len({visitor.cookie.split(".")[2] for visitor in self.seen if visitor.cookie})


class RequestIds:
    """CloudFront's ids of requests, of which new visitors' ids are made: the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._seed, self._number = seed, 0

    def __call__(self) -> str:
        self._number += 1
        return sha256(f"{self._seed} {self._number}".encode()).hexdigest()[:56]
