"""Live control: the percentage, pin and release in force, read from a small global table and remembered for seconds."""

from __future__ import annotations

import time

from router.control.live import ItemError, Live, live_of
from router.dynamodb.clients import nearest_first
from router.dynamodb.responses import ReadError
from router.model.record import record
from router.model.stopwatch import Stopwatch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from router.dynamodb.clients import Clients

KEY, PARTITION = "scope", "edge"
"""Both items are in one partition, so that one request reads them."""


@record
class ControlConfig:
    """As baked at deploy: `replicas` is nearest first, by execution Region; "" is for Regions that are not listed."""

    name: str
    home_region: str
    replicas: Mapping[str, list[str]]
    refresh_seconds: float = 10
    read_timeout_ms: int = 400


class Control:
    """What is in force, refreshed by whichever request comes when it is due.

    A refresh is one read of one replica, and the next one is due `refresh_seconds` later whatever came of it. After one
    that brought nothing the last good value goes on (`baked`, as long as there is none) and the next asks the
    next-nearest replica; one that answers is asked again.
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
        self._asked_at = (float("-inf"), float("-inf"))

    def current(self) -> Live:
        """What is in force now, the same object until a refresh. No failure is raised: `reason` names it."""
        if self._stopwatch.elapsed(self._asked_at) >= self._config.refresh_seconds:
            self._refresh()
        return self._live

    def _refresh(self) -> None:
        self._asked_at = self._stopwatch.now()
        reason = "interrupted"  # by the router's deadline, whose error is no Exception and goes on
        try:
            self._live = self._read()
            reason = ""
        except ReadError as error:
            reason = f"table-{error.reason}"
        except ItemError as error:
            reason = error.reason
        except Exception as error:  # noqa: BLE001  whatever is wrong with the control, the request goes on
            reason = f"error:{type(error).__name__}"
        finally:
            if reason:
                self._live = self._live.kept(reason)
                self._turn += 1

    def _read(self) -> Live:
        region = self._order[self._turn % len(self._order)]
        timeout_seconds = self._config.read_timeout_ms / 1000
        return live_of(self._clients.at(region).query(self._config.name, KEY, PARTITION, timeout_seconds))


def build_control(config: Mapping[str, Any], region: str, baked: tuple[float, str, str], clients: Clients) -> Control:
    """Of the baked config; `baked` is the percentage, the pin and the release that the package carries itself."""
    timing = {name: config[name] for name in ("refresh_seconds", "read_timeout_ms")}
    control_config = ControlConfig(**config["table"], **timing)
    return Control(control_config, region, Live(*baked), clients=clients, stopwatch=Stopwatch(time.time))
