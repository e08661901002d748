"""Live control: snapshots of a small global table, refreshed every few seconds."""

from __future__ import annotations

import time

from router.control.live import ItemError, after_failure, parse_live, summarize
from router.dynamodb.clients import nearest_first
from router.dynamodb.responses import ReadError
from router.model.assignment import Live
from router.model.deadline import Stopwatch
from router.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from router.dynamodb.clients import Clients

NEVER = (float("-inf"), float("-inf"))
KEY, PARTITION = "scope", "edge"
"""Both items are in one partition, so that one request reads them."""


@record
class ControlConfig:
    """The baked config: `replicas` is nearest first, by execution Region; "" is for all other Regions."""

    name: str
    home_region: str
    replicas: Mapping[str, list[str]]
    refresh_seconds: float = 10
    read_timeout_ms: int = 400


class ControlReader:
    """The snapshot in force, refreshed by whichever request comes when it is due.

    A refresh is one read of one replica, and the next one is due `refresh_seconds` later whatever came of it. After a
    failed one the last snapshot (`baked`, as long as there is none) stays in force and the next reads the next-nearest
    replica; one that responds is read again.
    """

    def __init__(
        self, config: ControlConfig, region: str, baked: Live, *, clients: Clients, stopwatch: Stopwatch
    ) -> None:
        self._config = config
        self._order = nearest_first(config.replicas, region, config.home_region)
        self._turn = 0
        self._live = baked
        self._clients = clients
        self._stopwatch = stopwatch
        self._asked_at = NEVER
        self.parse = parse_live

    @property
    def summary(self) -> str:
        return summarize(self._live)

    @property
    def region(self) -> str:
        """The Region of the replica to read next."""
        return self._order[self._turn % len(self._order)]

    def read_first(self, limit_seconds: float) -> str:
        """Read the first snapshot before any request does, within its own limit and this; the failure's reason, or "".

        After a failure the first request reads the next replica, as if nobody had asked before.
        """
        try:
            self._refresh(limit_seconds)
        finally:
            if self._live.reason:
                self._asked_at = NEVER
        return self._live.reason

    def current(self) -> Live:
        """The snapshot in force now. No failure is raised: `reason` names it."""
        if self._stopwatch.elapsed(self._asked_at) >= self._config.refresh_seconds:
            self._refresh()
        return self._live

    def _refresh(self, limit_seconds: float = float("inf")) -> None:
        self._asked_at = self._stopwatch.now()
        reason = "interrupted"  # by the router's deadline, whose error is not an Exception and propagates
        try:
            self._live = self._read(limit_seconds)
            reason = ""
        except ReadError as error:
            reason = f"table-{error.reason}"
        except ItemError as error:
            reason = error.reason
        except Exception as error:  # noqa: BLE001  whatever is wrong with the control, the request goes on
            reason = f"error:{type(error).__name__}"
        finally:
            if reason:
                self._live = after_failure(self._live, reason)
                self._turn += 1

    def _read(self, limit_seconds: float) -> Live:
        timeout_seconds = min(self._config.read_timeout_ms / 1000, limit_seconds)
        if timeout_seconds <= 0:
            raise ReadError("timeout")
        return self.parse(self._clients.at(self.region).query(self._config.name, KEY, PARTITION, timeout_seconds))


def build_control(config: Mapping[str, Any], region: str, baked: Live, clients: Clients) -> ControlReader:
    """Build the reader of the baked config; `baked` is the snapshot in the package itself."""
    timing = {name: config[name] for name in ("refresh_seconds", "read_timeout_ms")}
    control_config = ControlConfig(**config["table"], **timing)
    return ControlReader(control_config, region, baked, clients=clients, stopwatch=Stopwatch(time.time))
