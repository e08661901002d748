"""The config.json in the package, from which router.baked builds the router."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from infra.config.replica_order import replica_order
from infra.settings.cache_key import header_key
from infra.settings.domain import CLAIMS, FORWARDED_SCHEME, SCHEME
from infra.settings.groups import baked_groups
from infra.settings.origins import OverrideSettings
from infra.settings.private_origins import baked_private
from infra.settings.skew import named_builds, origins_by_build
from infra.settings.stack import Stack
from router.failover import ATTEMPT_HEADER
from router.groups import GROUP_HEADER
from strategies.base import TableSpec

METRICS_NAMESPACE = "EdgeRouter"
LIVE_KEYS = ("canary_percent", "pin", "release", "override")
"""The keys by which a CloudFront Function decides: changing them must not change the package."""


def baked_config(stack: Stack) -> dict[str, Any]:
    """Return the router's config as JSON types; it includes secrets, because the edge has no other place for them.

    With live control it has no percentage, pin and release, so that changing them changes no byte of the package.
    """
    config, settings = deciding_config(stack), stack.settings
    if settings.function.warm_in_init and settings.reads_dynamodb:
        config["warm"] = True
    if settings.has_metrics:
        config["metrics"] = {"namespace": METRICS_NAMESPACE, "stack": stack.prefix}
    if private := baked_private(settings):
        config["private"] = private
    if settings.origin_groups:
        config["failover"] = {group.name: group.bake() for group in settings.origin_groups}
        config["public"]["headers"][ATTEMPT_HEADER] = ""
    if settings.needs.is_cacheable and settings.needs.origin_request:
        config["kept"] = _cache_guard(stack)
    if settings.rewrites_answers:
        config["rewrites"] = {"names": settings.public_hosts, "ports": settings.origin_ports}
    if "skew" in config and (settings.control.is_live or settings.needs.version_header):
        # Live builds are in the control table, or in the key-value store, so that another one changes no package.
        del config["skew"]["builds"]
    if settings.needs.version_header and settings.needs.origin_request:
        _leave_groups_to_function(config)
        kept = {key: value for key, value in config.items() if key not in LIVE_KEYS}
        return {**kept, "override": None, "version_header": settings.needs.version_header}
    return {**config, **_live_control(stack)} if settings.reads_control_table else config


def _leave_groups_to_function(config: dict[str, Any]) -> None:
    """Change the config of a router behind a CloudFront Function that finds bots and assigns: a header names a bot."""
    groups, bots = config.pop("groups", {}), config.pop("bots", None)
    if groups.get("baseline") or bots:
        config["groups"] = {"baseline": groups.get("baseline", False)}
    if bots:
        config["public"]["headers"][GROUP_HEADER] = ""
        config["kept"]["key_headers"].append(GROUP_HEADER)


def _cache_guard(stack: Stack) -> dict[str, Any]:
    """Return the fields of router.cache_guard.CacheGuard; a CloudFront Function handles the override itself."""
    settings = stack.settings
    override = settings.override.header.lower() if settings.override and settings.needs.version_header else ""
    names = header_key(settings).covered - {override}
    return {"key_headers": sorted(names), "keeps_errors": not settings.needs.varies}


def _live_control(stack: Stack) -> dict[str, Any]:
    """Return the control table, and the values for an instance that never could read it."""
    control = stack.settings.control
    table = {
        "name": stack.control_table_name,
        "home_region": control.home_region,
        "replicas": replica_order(control.home_region, control.replicas),
    }
    return {
        **control.fallback.model_dump(),
        "release": "",
        "control": {
            "table": table,
            "refresh_seconds": control.refresh_seconds,
            "read_timeout_ms": stack.settings.table_reads.read_timeout_ms,
        },
    }


def deciding_config(stack: Stack) -> dict[str, Any]:
    """Return the config of a router that makes all decisions, also those of a CloudFront Function."""
    settings, skew = stack.settings, named_builds(stack.settings)
    return {
        "canary_percent": settings.canary_percent,
        "deadline_ms": settings.function.deadline_ms,
        "log_salt": stack.log_salt,
        "options": dataclasses.asdict(settings.options),
        "origins": {name: origin.routed_fields() for name, origin in settings.origins.items()},
        "override": _override(settings.override),
        "pin": settings.pin,
        "public": {
            "headers": {**dict.fromkeys(CLAIMS, ""), **SCHEME},
            "hosts": settings.public_hosts,
            **({"forwarded": FORWARDED_SCHEME} if settings.forwarded_header else {}),
        },
        "release": settings.release,
        "sets_cookies": settings.needs.origin_response,
        "strategy": settings.strategy,
        "table": _table(stack, stack.table),
        **({"skew": {**skew.for_edge, "builds": origins_by_build(settings)}} if skew else {}),
        **baked_groups(settings),
        **dict.fromkeys(sorted(settings.needs.parts), True),
    }


def to_json(config: dict[str, Any]) -> bytes:
    """Return the same bytes for the same config."""
    return json.dumps(config, sort_keys=True, separators=(",", ":")).encode()


def _override(override: OverrideSettings | None) -> dict[str, Any] | None:
    """The fields of router.control.override.Override."""
    return None if override is None else override.model_dump()


def _table(stack: Stack, spec: TableSpec | None) -> dict[str, Any] | None:
    """Return the fields of router.dynamodb.table.TableConfig."""
    if spec is None:
        return None
    return {
        "name": stack.table_name(spec),
        "home_region": spec.home_region,
        "replicas": replica_order(spec.home_region, spec.replicas),
        "attributes": list(spec.attributes),
        **stack.settings.table_reads.model_dump(),
    }
