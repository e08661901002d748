"""Building the router from the config that was baked into the package at deploy."""

from __future__ import annotations

import os
import time

from router.control.precedence import Precedence
from router.decision_log import DecisionLog
from router.model.assignment import Live
from router.model.decision import Origin
from router.routing import Router
from strategies.base import Edge
from strategies.registry import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from router.cache_guard import CacheGuard
    from router.control.reader import ControlReader
    from router.dynamodb.clients import Clients
    from router.dynamodb.table import Table
    from router.metrics import Metrics


def build_router(config: dict[str, Any], region: str) -> Router:
    """Build the router of one execution Region, ready for its first request.

    Parts without config are neither built nor imported nor packaged.
    """
    strategy_class = load(config["strategy"])
    origins = {name: Origin(name=name, **fields) for name, fields in config["origins"].items()}
    version_header = config.get("version_header", "")
    # Percentage, pin and release are missing where the viewer-request function reads them from its key-value store.
    percent, pin, release = config.get("canary_percent", 0.0), config.get("pin", "none"), config.get("release", "")
    baked = Live(percent, pin, release, percent_from="function" if version_header else "baked")
    control_config = None if version_header else config.get("control")
    clients = _build_clients() if config["table"] or control_config else None
    table = _build_table(config["table"], region, clients)
    control = _build_control(control_config, region, baked, clients)
    edge = Edge(origins=origins, table=table, clock=time.time, random_bytes=os.urandom)
    override = None
    if config["override"]:
        from router.control.override import Override  # only with override: most stacks have none

        override = Override(**config["override"])
    precedence = Precedence(origins, override=override, control=control, version_header=version_header)
    metrics = _build_metrics(config.get("metrics"), origins)
    if config.get("groups"):
        from router.groups import add_groups  # only with groups: most stacks tell no visitors apart

        edge, precedence, metrics = add_groups(config, edge, precedence)
    router = _router_class(config.get("failover"))(
        strategy_class(strategy_class.Options(**config["options"]), edge),
        origins,
        DecisionLog(config["strategy"], config["log_salt"]),
        baked=baked,
        precedence=precedence,
        clients=clients,
        metrics=metrics,
        deadline_seconds=config["deadline_ms"] / 1000,
        region=region,
        guard=_build_guard(config.get("kept")),
        sets_cookies=bool(config.get("sets_cookies")),
        public=config.get("public"),
        rewrites=config.get("rewrites"),
        **_private_origins(config.get("private")),
    )
    if config.get("skew"):
        from router.skew import SkewRouter  # only with skew: most stacks do not tell builds apart

        router = SkewRouter(router, config, control)
    if config.get("warm") and clients is not None:
        from router.warm import warm_up  # only with warm: the work of init is as much to import

        warm_up(clients, [*([control.region] if control else []), *(table.regions if table else [])], control)
    return router


def _router_class(groups: dict[str, Any] | None) -> Callable[..., Router]:
    if not groups:
        return Router
    from functools import partial

    from router.failover import FailoverRouter  # only with failover: most stacks have no origin group

    return partial(FailoverRouter, groups)


def _private_origins(config: dict[str, Any] | None) -> dict[str, Any]:
    if not config:
        return {}
    from router.private_origins import PrivateOrigins  # only with private: most origins answer to everybody

    origins = PrivateOrigins(config)
    return {"read": origins.read, "write": origins.write}


def _build_guard(config: dict[str, Any] | None) -> CacheGuard | None:
    if not config:
        return None
    from router.cache_guard import CacheGuard  # only with kept: a stack without a cache has nothing to guard

    return CacheGuard(**config)


def _build_clients() -> Clients:
    from router.dynamodb.clients import Clients  # only with table or control: others do not pay for sockets

    return Clients()


def _build_table(config: dict[str, Any] | None, region: str, clients: Clients | None) -> Table | None:
    if not config or clients is None:
        return None
    from router.dynamodb.table import Table, TableConfig  # only with table: as above
    from router.model.deadline import Stopwatch  # only with table: as above

    return Table(TableConfig(**config), region, clients=clients, stopwatch=Stopwatch(time.time))


def _build_control(
    config: dict[str, Any] | None, region: str, baked: Live, clients: Clients | None
) -> ControlReader | None:
    if not config or clients is None:
        return None
    from router.control.reader import build_control  # only with control: as above

    return build_control(config, region, baked, clients)


def _build_metrics(config: dict[str, Any] | None, origins: dict[str, Origin]) -> Metrics | None:
    if not config:
        return None
    from router.metrics import Metrics  # only with metrics: a stack without rollout and alarms counts nothing

    return Metrics(config["namespace"], config["stack"], origins)
