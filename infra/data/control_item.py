"""The items of the control table as DynamoDB has them, without an import of Pulumi."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

from infra.settings.model import CoreSettings
from infra.settings.skew import builds_by_origin
from router.control.reader import KEY, PARTITION
from router.skew import BUILDS

if TYPE_CHECKING:
    from router.model.decision import Item

ITEM_KEY = "item"
CONFIG, ROLLOUT = "config", "rollout"


def config_item(settings: CoreSettings) -> Item:
    """Return the config's item as DynamoDB's JSON; `revision` is another one for another content."""
    return {
        **item_key(CONFIG),
        "canaryPercent": {"N": f"{settings.canary_percent:g}"},
        "pin": {"S": settings.pin},
        "release": {"S": settings.release},
        "revision": {"S": config_revision(settings)},
        **_builds(settings),
    }


def _builds(settings: CoreSettings) -> Item:
    """Return the build of each origin. It is not part of the revision: a new one is no reason to end a rollout."""
    builds = builds_by_origin(settings)
    return {BUILDS: {"M": {name: {"S": build} for name, build in builds.items()}}} if builds else {}


def config_revision(settings: CoreSettings) -> str:
    """Return the name of the config's percentage, pin and release in the log: eight hex digits."""
    content = [float(settings.canary_percent), settings.pin, settings.release]
    return sha256(json.dumps(content).encode()).hexdigest()[:8]


def item_key(item: str) -> Item:
    """Return the key of one of the two items."""
    return {KEY: {"S": PARTITION}, ITEM_KEY: {"S": item}}
