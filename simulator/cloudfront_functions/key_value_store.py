"""A CloudFront KeyValueStore: a small store of texts that functions read and that can be changed while they run."""

import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from simulator.cloudfront_rules import KEY_LIMIT_BYTES, STORE_LIMIT_BYTES, VALUE_LIMIT_BYTES


class KeyValueError(ValueError):
    """A pair that the service would refuse. The message names the key and the limit."""


class KeyValueStore:
    """One store by its ARN. Changes are seen by the next run of a function; AWS takes seconds to propagate them.

    Keys are case-sensitive. Raises KeyValueError where a key, a value or the whole store would be over its quota.
    """

    def __init__(
        self, arn: str = "", pairs: Mapping[str, str] | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.arn = arn
        self._clock = clock
        self._created = self._updated = clock()
        self._pairs = _check_pairs(dict(pairs or {}))
        self._mark()

    def _mark(self) -> None:
        """Another version, so that whoever holds a copy knows that it is old."""
        self.version = uuid.uuid4().hex

    @property
    def id(self) -> str:
        """The last part of the ARN, which `cf.kvs(id)` may name."""
        return self.arn.rpartition("/")[2]

    @property
    def pairs(self) -> dict[str, str]:
        return dict(self._pairs)

    def get(self, key: str) -> str | None:
        return self._pairs.get(key)

    def put(self, key: str, value: str) -> None:
        self.replace({**self._pairs, key: value})

    def delete(self, key: str) -> None:
        """A key that is not there is no error here."""
        self.replace({name: value for name, value in self._pairs.items() if name != key})

    def replace(self, pairs: Mapping[str, str]) -> None:
        """The whole content at once. After an error the content is as before."""
        self._pairs = _check_pairs(dict(pairs))
        self._updated = self._clock()
        self._mark()

    @property
    def meta(self) -> dict[str, object]:
        """The value of `cf.kvs().meta()` (page functions-custom-methods)."""
        return {
            "creationDateTime": _iso(self._created),
            "lastUpdatedDateTime": _iso(self._updated),
            "keyCount": len(self._pairs),
        }


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _check_pairs(pairs: dict[str, str]) -> dict[str, str]:
    total = 0
    for key, value in pairs.items():
        key_bytes, value_bytes = _size(key), _size(value)
        if not 0 < key_bytes <= KEY_LIMIT_BYTES:
            raise KeyValueError(f'the key "{key[:60]}" has {key_bytes} bytes: a key has 1 to {KEY_LIMIT_BYTES}')
        if value_bytes > VALUE_LIMIT_BYTES:
            raise KeyValueError(f'the value of "{key}" has {value_bytes} bytes: at most {VALUE_LIMIT_BYTES} fit')
        total += key_bytes + value_bytes
    if total > STORE_LIMIT_BYTES:
        raise KeyValueError(f"the pairs have {total} bytes together: a store holds at most {STORE_LIMIT_BYTES}")
    return pairs


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
