"""A global table, read from the nearest replica, with a deadline, a second opinion from home, and a short memory."""

from __future__ import annotations

import time

from router.dynamodb.clients import nearest_first
from router.dynamodb.responses import ReadError, reason_of_failure
from router.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from router.dynamodb.clients import Clients
    from router.dynamodb.responses import Item

MAX_REMEMBERED_CHARACTERS = 2_048
"""A larger item is read anew each time, so that the memory's bound in entries is one in bytes as well."""


@record
class Reading:
    """What a look-up brought: `source` is the Region that answered, or "memory"; `item` is None for an unknown key."""

    item: Item | None
    source: str
    elapsed_ms: float


class TableError(Exception):
    """No replica answered in time. `reason` names the last failure, `elapsed_ms` what was spent."""

    def __init__(self, reason: str, elapsed_ms: float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.elapsed_ms = elapsed_ms


@record
class TableConfig:
    """As baked at deploy: `replicas` is nearest first, by execution Region; "" is for Regions that are not listed.

    `attributes` are the ones to read (all where empty). A read of one replica may take `read_timeout_ms`; home, asked
    as a second opinion from afar, may take what is left of `total_timeout_ms`.
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
    """Reads items by string keys. The memory is per instance of the function and bounded (oldest entry out first)."""

    def __init__(
        self,
        config: TableConfig,
        region: str,
        *,
        clients: Clients,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._order = nearest_first(config.replicas, region, config.home_region)
        self._clients = clients
        self._clock = clock
        self._memory: dict[tuple[str, ...], tuple[float, Item | None, bool]] = {}

    def read(self, key: Mapping[str, str], is_current: Callable[[Item], bool] | None = None) -> Reading:
        """The item under a key, from memory or the nearest replica that answers; TableError when none does in time.

        A key that the nearest replica does not know is asked for at home before it counts as unknown: until
        replication has caught up (typically a second) only home knows it. Where home fails, a further replica may.
        The same holds for an item that is not current any more (a session that has expired), which home may have
        extended; and one that was current when it was remembered is read anew.
        """
        started = self._clock()
        identity = tuple(key.values())
        remembered = self._memory.get(identity)
        if remembered is not None and started < remembered[0]:
            item = remembered[1]
            if remembered[2] or item is None or is_current is None or is_current(item):
                return Reading(item, "memory", 0.0)
        item, source = self._look_up(key, started, is_current)
        self._remember(identity, item, item is None or (is_current is not None and not is_current(item)))
        return Reading(item, source, self._elapsed_ms(started))

    def _look_up(
        self, key: Mapping[str, str], started: float, is_current: Callable[[Item], bool] | None
    ) -> tuple[Item | None, str]:
        reason = "timeout"
        for index, region in enumerate(self._order):
            left = self._left_seconds(started)
            if left <= 0:
                break
            try:
                item = self._get(region, key, min(left, self._config.read_timeout_ms / 1000))
            except Exception as error:  # noqa: BLE001  whatever fails in reading one replica, the next is asked
                reason = reason_of_failure(error)
                continue
            if region != self._config.home_region and (item is None or (is_current and not is_current(item))):
                return self._ask_home(key, started, self._order[index + 1 :], (item, region))
            return item, region
        raise TableError(reason, self._elapsed_ms(started))

    def _ask_home(
        self, key: Mapping[str, str], started: float, further: list[str], found: tuple[Item | None, str]
    ) -> tuple[Item | None, str]:
        """What home says of `found`, which is nothing or no longer current; where it fails, what is known besides."""
        home = self._config.home_region
        left = self._left_seconds(started)
        try:
            return (self._get(home, key, left) if left > 0 else _out_of_time()), home
        except Exception as error:  # noqa: BLE001  as above
            reason = reason_of_failure(error)
        for region in further:
            left = self._left_seconds(started)
            item = self._find(region, key, left) if left > 0 and region != home else None
            if item is not None:
                return item, region
        if found[0] is not None:
            return found
        raise TableError(f"home-{reason}", self._elapsed_ms(started))

    def _find(self, region: str, key: Mapping[str, str], left: float) -> Item | None:
        """The item of a replica; None where it has none or fails, for only home can say that nobody has it."""
        try:
            return self._get(region, key, min(left, self._config.read_timeout_ms / 1000))
        except Exception:  # noqa: BLE001  as above
            return None

    def _get(self, region: str, key: Mapping[str, str], timeout_seconds: float) -> Item | None:
        return self._clients.at(region).get_item(self._config.name, key, self._config.attributes, timeout_seconds)

    def _remember(self, identity: tuple[str, ...], item: Item | None, is_over: bool) -> None:
        """`is_over`: there was none, or none that was current, when it was read."""
        seconds = self._config.remember_unknown_seconds if is_over else self._config.remember_seconds
        self._memory.pop(identity, None)
        if seconds <= 0 or self._config.remember_entries <= 0 or _characters_in(item) > MAX_REMEMBERED_CHARACTERS:
            return
        if len(self._memory) >= self._config.remember_entries:
            del self._memory[next(iter(self._memory))]
        self._memory[identity] = (self._clock() + seconds, item, is_over)

    def _left_seconds(self, started: float) -> float:
        return self._config.total_timeout_ms / 1000 - (self._clock() - started)

    def _elapsed_ms(self, started: float) -> float:
        return round((self._clock() - started) * 1000, 2)


def _characters_in(item: Item | None) -> float:
    """The length of its text; endless for what is nested too deeply to have one."""
    try:
        return len(str(item))
    except RecursionError:
        return float("inf")


def _out_of_time() -> None:
    raise ReadError("timeout")
