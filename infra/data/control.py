"""The control table: percentage, pin and release as one item, besides the item of a rollout."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from infra.data.control_item import ITEM_KEY, config_item
from infra.data.tables import global_table, replacement_order
from infra.settings.stack import Stack
from router.control.reader import KEY


class Control(pulumi.ComponentResource):
    """A global table of two items, one of which Pulumi writes. Its data is not worth keeping: it goes with its stack.

    A new percentage, pin or release changes `item` and nothing else.
    """

    table_name: pulumi.Output[str]
    table_arn: pulumi.Output[str]

    def __init__(self, name: str, stack: Stack, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:Control", name, None, opts)
        settings = stack.settings.control
        table = aws.dynamodb.Table(
            name,
            global_table(
                stack.control_table_name,
                settings.home_region,
                (KEY, ITEM_KEY),
                [aws.dynamodb.TableReplicaArgs(region_name=region) for region in settings.replicas],
            ),
            pulumi.ResourceOptions(
                parent=self, delete_before_replace=replacement_order(settings.table_name, "control")
            ),
        )
        self.item = aws.dynamodb.TableItem(
            f"{name}-config",
            table_name=table.name,
            region=settings.home_region,
            hash_key=KEY,
            range_key=ITEM_KEY,
            item=json.dumps(config_item(stack.settings), ensure_ascii=False),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.table_name = table.name
        self.table_arn = table.arn
        self.register_outputs({"tableName": self.table_name, "tableArn": self.table_arn})
