"""Reads of a global table: from the nearest replica, with a deadline, a home read, and a memory cache."""

from __future__ import annotations

from router.dynamodb.clients import nearest_first
from router.dynamodb.responses import ReadError, failure_reason
from router.model.decision import Reading
from router.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from router.dynamodb.clients import Clients
    from router.model.deadline import Stopwatch
    from router.model.decision import Item

    Instant = tuple[float, float]
    """Of the two clocks of a stopwatch."""

MAX_CACHED_CHARACTERS = 2_048
"""A larger item is never cached, so that the bound in entries is one in bytes as well."""


class TableError(ReadError):
    """No replica responded in time. `reason` names the last failure."""


@record
class TableConfig:
    """The baked config of a table: `replicas` is nearest first, by execution Region; "" is for all other Regions.

    `attributes` are the ones to read (all where empty). A read of one replica may take `read_timeout_ms`; a home read,
    from afar, may take the rest of `total_timeout_ms`.
    """

    name: str
    home_region: str
    replicas: Mapping[str, list[str]]
    attributes: Sequence[str] = ()
    read_timeout_ms: int = 400
    total_timeout_ms: int = 1_500
    remember_seconds: float = 5.0
    remember_unknown_seconds: float = 1.0
    remember_entries: int = 1_000


class Table:
    """Reads items by string keys. The memory cache is bounded; the oldest entry leaves first."""

    def __init__(
        self,
        config: TableConfig,
        region: str,
        *,
        clients: Clients,
        stopwatch: Stopwatch,
    ) -> None:
        self._config = config
        self._order = nearest_first(config.replicas, region, config.home_region)
        self._clients = clients
        self._stopwatch = stopwatch
        self._memory: dict[tuple[str, ...], tuple[Instant, float, Item | None, bool]] = {}

    @property
    def regions(self) -> list[str]:
        """The Regions that most reads go to: of the nearest replica, and home, which knows what no replica does."""
        return [self._order[0], self._config.home_region]

    def read(self, key: Mapping[str, str], is_current: Callable[[Item], bool] | None = None) -> Reading:
        """The item under a key, from memory or the nearest replica that responds; TableError when none does in time.

        A key that the nearest replica does not know is looked up at home before it counts as unknown: until replication
        has caught up (typically a second) only home has it. Where home fails, a further replica may have it. The same
        holds for an item that is no longer current (an expired session), which home may have extended; one that was
        current when it was cached is read again.
        """
        started = self._stopwatch.now()
        identity = tuple(key.values())
        cached = self._memory.get(identity)
        if cached is not None and self._stopwatch.elapsed(cached[0]) < cached[1]:
            item = cached[2]
            if cached[3] or item is None or is_current is None or is_current(item):
                return Reading(item, "memory", 0.0)
        item, source = self._look_up(key, started, is_current)
        self._cache(identity, item, item is None or (is_current is not None and not is_current(item)))
        return Reading(item, source, round(self._stopwatch.elapsed(started) * 1000, 2))

    def _look_up(
        self, key: Mapping[str, str], started: Instant, is_current: Callable[[Item], bool] | None
    ) -> tuple[Item | None, str]:
        reason = "timeout"
        for index, region in enumerate(self._order):
            left = self._left_seconds(started)
            if left <= 0:
                break
            try:
                item = self._get(region, key, min(left, self._config.read_timeout_ms / 1000))
            except Exception as error:  # noqa: BLE001  whatever fails in one replica, the next is read
                reason = failure_reason(error)
                continue
            if region != self._config.home_region and (item is None or (is_current and not is_current(item))):
                return self._read_home(key, started, self._order[index + 1 :], (item, region))
            return item, region
        raise TableError(reason)

    def _read_home(
        self, key: Mapping[str, str], started: Instant, further: list[str], found: tuple[Item | None, str]
    ) -> tuple[Item | None, str]:
        """Home's item instead of `found`, which is None or no longer current; where home fails, the next best one."""
        home = self._config.home_region
        left = self._left_seconds(started)
        try:
            if left <= 0:
                raise ReadError("timeout")
            return self._get(home, key, left), home
        except Exception as error:  # noqa: BLE001  as above
            reason = failure_reason(error)
        for region in further:
            left = self._left_seconds(started)
            item = self._find(region, key, left) if left > 0 and region != home else None
            if item is not None:
                return item, region
        if found[0] is not None:
            return found
        raise TableError(f"home-{reason}")

    def _find(self, region: str, key: Mapping[str, str], left: float) -> Item | None:
        """The item of a replica; None where it has none or fails, because only home can say that nobody has it."""
        try:
            return self._get(region, key, min(left, self._config.read_timeout_ms / 1000))
        except Exception:  # noqa: BLE001  as above
            return None

    def _get(self, region: str, key: Mapping[str, str], timeout_seconds: float) -> Item | None:
        return self._clients.at(region).get_item(self._config.name, key, self._config.attributes, timeout_seconds)

    def _cache(self, identity: tuple[str, ...], item: Item | None, is_over: bool) -> None:
        """Cache an item; `is_over`: there was none, or none that was current, when it was read."""
        seconds = self._config.remember_unknown_seconds if is_over else self._config.remember_seconds
        self._memory.pop(identity, None)
        if seconds <= 0 or self._config.remember_entries <= 0 or _characters_in(item) > MAX_CACHED_CHARACTERS:
            return
        if len(self._memory) >= self._config.remember_entries:
            del self._memory[next(iter(self._memory))]
        self._memory[identity] = (self._stopwatch.now(), seconds, item, is_over)

    def _left_seconds(self, started: Instant) -> float:
        return self._config.total_timeout_ms / 1000 - self._stopwatch.elapsed(started)


def _characters_in(item: Item | None) -> float:
    """The length of an item's text; infinite for one that is nested too deeply to have any."""
    try:
        return len(str(item))
    except RecursionError:
        return float("inf")
