"""Items of tables that Pulumi writes, as the state describes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from pulumi_state.values import expect_shape
from simulator.dynamodb.api_call import Attributes
from simulator.dynamodb.table import TableStateError

ITEM_TYPE = "aws:dynamodb/tableItem:TableItem"


@dataclass(frozen=True)
class TableItem:
    """One item, in DynamoDB JSON; `key` is the part of it that tells it from others."""

    table: str
    key: Attributes
    attributes: Attributes

    @property
    def identity(self) -> tuple[str, str]:
        """Equal for the same item of the same table, whatever is in it."""
        return self.table, json.dumps(self.key, sort_keys=True)


@expect_shape("a table's item", TableStateError)
def items_from_state(state: Mapping[str, object]) -> tuple[TableItem, ...]:
    """Every TableItem of a state in the shape of `pulumi stack export`; TableStateError names what makes no sense."""
    deployment = cast("Mapping[str, object]", state.get("deployment", {}))
    resources = cast("list[Mapping[str, object]]", deployment.get("resources", []))
    return tuple(_from_resource(resource) for resource in resources if resource.get("type") == ITEM_TYPE)


def _from_resource(resource: Mapping[str, object]) -> TableItem:
    urn = str(resource.get("urn"))
    outputs = cast("Mapping[str, object]", resource.get("outputs") or {})
    for name in ("tableName", "hashKey", "item"):
        if not outputs.get(name):
            raise TableStateError(f"{urn}: the state has no {name}")
    try:
        item = json.loads(str(outputs["item"]))
        attributes = cast("Attributes", {str(name): dict(value) for name, value in item.items()})
        keys = [str(outputs[name]) for name in ("hashKey", "rangeKey") if outputs.get(name)]
        return TableItem(str(outputs["tableName"]), {name: attributes[name] for name in keys}, attributes)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise TableStateError(f"{urn}: item is no item with the table's key in DynamoDB's JSON") from None
