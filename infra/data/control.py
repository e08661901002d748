"""The control table: percentage, pin and release as one item, beside the item of a rollout."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from infra.settings.model import CoreSettings
from router.control.reader import KEY, PARTITION

if TYPE_CHECKING:
    from router.model.decision import Item

ITEM_KEY = "item"
CONFIG, ROLLOUT = "config", "rollout"


@dataclass(frozen=True)
class ControlArgs:
    """The table's physical name, where it is, and the item of the stack's config.

    `deletes_first`: whether the old table goes before a new one comes; None leaves that to the provider.
    """

    table_name: str
    home_region: str
    replicas: tuple[str, ...]
    config: Item
    deletes_first: bool | None = None


class Control(pulumi.ComponentResource):
    """A global table of two items, one of which Pulumi writes. Nothing in it is worth keeping: it goes with its stack.

    A new percentage, pin or release is another `config`, and so a change of `item` and of nothing else.
    """

    table_name: pulumi.Output[str]
    table_arn: pulumi.Output[str]

    def __init__(self, name: str, args: ControlArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:Control", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        table = aws.dynamodb.Table(
            name,
            name=args.table_name,
            region=args.home_region,
            billing_mode="PAY_PER_REQUEST",
            hash_key=KEY,
            range_key=ITEM_KEY,
            attributes=[aws.dynamodb.TableAttributeArgs(name=key, type="S") for key in (KEY, ITEM_KEY)],
            replicas=[aws.dynamodb.TableReplicaArgs(region_name=region) for region in args.replicas] or None,
            # What replication reads ("Global tables: how they work"): replicas need it.
            stream_enabled=True if args.replicas else None,
            stream_view_type="NEW_AND_OLD_IMAGES" if args.replicas else None,
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=args.deletes_first),
        )
        self.item = aws.dynamodb.TableItem(
            f"{name}-config",
            table_name=table.name,
            region=args.home_region,
            hash_key=KEY,
            range_key=ITEM_KEY,
            item=json.dumps(args.config, ensure_ascii=False),
            opts=child,
        )
        self.table_name = table.name
        self.table_arn = table.arn
        self.register_outputs({"tableName": self.table_name, "tableArn": self.table_arn})


def config_item(settings: CoreSettings) -> Item:
    """The item that the stack's config asks for, as DynamoDB's JSON; `revision` tells two contents apart."""
    return {
        **key_of(CONFIG),
        "canaryPercent": {"N": f"{settings.canary_percent:g}"},
        "pin": {"S": settings.pin},
        "release": {"S": settings.release},
        "revision": {"S": revision_of(settings)},
    }


def revision_of(settings: CoreSettings) -> str:
    """What the config's percentage, pin and release are called in the log: eight hex digits."""
    content = [settings.canary_percent, settings.pin, settings.release]
    return sha256(json.dumps(content).encode()).hexdigest()[:8]


def key_of(item: str) -> Item:
    """The key of one of the two items."""
    return {KEY: {"S": PARTITION}, ITEM_KEY: {"S": item}}
