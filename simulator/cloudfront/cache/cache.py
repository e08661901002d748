"""The edge cache: responses by cache key, the least recently used leave first."""

import re
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from pulumi_state.policies import CachePolicy
from simulator.cloudfront.config.selection import (
    normalized_accept_encoding,
    selected_cookies,
    selected_query,
    viewer_header,
)
from simulator.cloudfront.http.messages import OriginResponse, ViewerRequest

CacheKey = tuple["Hashable", ...]


def cache_key(request: ViewerRequest, policy: CachePolicy, distribution_domain: str, region: str) -> CacheKey:
    """Domain, path and what the policy adds; OPTIONS is kept apart, HEAD shares the object of GET.

    Source: page understanding-the-cache-key. The Region is part of it because every edge location has a cache of its
    own.
    """
    return (
        region,
        distribution_domain,
        "OPTIONS" if request.method == "OPTIONS" else "GET",
        request.uri,
        selected_query(request.querystring, [policy.query]),
        tuple(selected_cookies(request.headers, [policy.cookies])),
        tuple((name, _header(name, request, region)) for name in sorted(policy.headers.names)),
        _accept_encoding(request, policy),
    )


def _header(name: str, request: ViewerRequest, region: str) -> str | None:
    if name.startswith("cloudfront-"):
        return viewer_header(name, request, region)
    return request.headers.join(name)


def _accept_encoding(request: ViewerRequest, policy: CachePolicy) -> str | None:
    if not policy.normalizes_accept_encoding:
        return None
    encoding = normalized_accept_encoding(request.headers, policy)
    return None if encoding == "identity" else encoding


MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Entry:
    """A kept answer. Times are seconds since the epoch; it is served without asking while now < `expires_at`, and an
    expired one until `retry_at`, because the origin failed.
    """

    response: OriginResponse
    stored_at: float
    expires_at: float
    is_custom_error_page: bool = False
    retry_at: float = 0.0

    def is_fresh(self, now: float) -> bool:
        return now < max(self.expires_at, self.retry_at)

    @property
    def is_error(self) -> bool:
        return self.response.status >= 400 or self.is_custom_error_page

    def age_seconds(self, now: float) -> int:
        return max(0, int(now - self.stored_at))

    @property
    def byte_count(self) -> int:
        return len(self.response.body) + self.response.headers.byte_count


class Cache:
    """Answers of all Regions in bounded memory. One that is larger than a quarter of it is not kept."""

    def __init__(self, max_bytes: int = 128 * MEBIBYTE) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[CacheKey, Entry] = OrderedDict()
        self._byte_count = 0
        self.invalidations = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def byte_count(self) -> int:
        return self._byte_count

    def get(self, key: CacheKey) -> Entry | None:
        """The entry, fresh or not."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def put(self, key: CacheKey, entry: Entry) -> None:
        self.drop(key)
        if entry.byte_count * 4 > self._max_bytes:
            return
        self._entries[key] = entry
        self._byte_count += entry.byte_count
        while self._byte_count > self._max_bytes:
            self.drop(next(iter(self._entries)))

    def drop(self, key: CacheKey) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._byte_count -= entry.byte_count

    def invalidate(self, path_pattern: str) -> int:
        """Drops every object whose path matches, and returns how many.

        Only a trailing `*` is a wildcard (page Invalidation).
        """
        self.invalidations += 1
        pattern = re.escape(path_pattern.removesuffix("*")) + (".*" if path_pattern.endswith("*") else "")
        keys = [key for key in self._entries if re.fullmatch(pattern, str(key[3]), re.DOTALL)]
        for key in keys:
            self.drop(key)
        return len(keys)
