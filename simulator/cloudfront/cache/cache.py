"""The edge cache: answers by key, least recently used ones leave first."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass

from simulator.cloudfront.cache.key import CacheKey
from simulator.cloudfront.http.messages import OriginResponse

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Entry:
    """A kept answer. Times are seconds since the epoch; it is served without asking while now < `expires_at`."""

    response: OriginResponse
    stored_at: float
    expires_at: float
    is_custom_error_page: bool = False

    def is_fresh(self, now: float) -> bool:
        return now < self.expires_at

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
        pattern = re.escape(path_pattern.removesuffix("*")) + (".*" if path_pattern.endswith("*") else "")
        keys = [key for key in self._entries if re.fullmatch(pattern, str(key[3]), re.DOTALL)]
        for key in keys:
            self.drop(key)
        return len(keys)
