"""A DynamoDB table as the state describes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pulumi_state.resources import Resource, living_resources
from pulumi_state.values import expect_shape

TABLE_TYPE = "aws:dynamodb/table:Table"
REPLICA_TYPE = "aws:dynamodb/tableReplica:TableReplica"


class TableStateError(Exception):
    """A table in the state that cannot be made here; the message names the resource and the property."""


@dataclass(frozen=True)
class Table:
    """Name, Regions (home first) and the schema as CreateTable takes it."""

    name: str
    regions: tuple[str, ...]
    key_names: tuple[str, ...]
    definition: Mapping[str, object]
    ttl_attribute: str | None = None

    @property
    def home_region(self) -> str:
        return self.regions[0]

    @property
    def is_global(self) -> bool:
        return len(self.regions) > 1


@expect_shape("a table", TableStateError)
def tables_from_state(state: Mapping[str, Any]) -> tuple[Table, ...]:
    """Every table of a state in the shape of `pulumi stack export`.

    TableStateError when a property is missing, and for the separate TableReplica resource, which is not modelled.
    """
    for resource in living_resources(state, REPLICA_TYPE):
        raise TableStateError(f"{resource.urn}: {REPLICA_TYPE} is not modelled; use the table's replicas")
    return tuple(map(_from_resource, living_resources(state, TABLE_TYPE)))


def _from_resource(resource: Resource) -> Table:
    urn, outputs = resource.urn, resource.properties
    for name in ("name", "hashKey", "attributes"):
        if not outputs.get(name):
            raise TableStateError(f"{urn}: the state has no {name}")
    home = outputs.get("region") or _region_of_arn(str(outputs.get("arn", "")))
    if not home:
        raise TableStateError(f"{urn}: the state has neither region nor arn")
    replicas = [str(replica["regionName"]) for replica in mappings(outputs.get("replicas"))]
    keys = [str(outputs[name]) for name in ("hashKey", "rangeKey") if outputs.get(name)]
    ttl = cast("Mapping[str, object]", outputs.get("ttl") or {})
    return Table(
        name=str(outputs["name"]),
        regions=(str(home), *(region for region in replicas if region != home)),
        key_names=tuple(keys),
        definition=_definition(outputs),
        ttl_attribute=str(ttl["attributeName"]) if ttl.get("enabled") and ttl.get("attributeName") else None,
    )


def _definition(outputs: Mapping[str, object]) -> dict[str, object]:
    definition: dict[str, object] = {
        "TableName": outputs["name"],
        "KeySchema": _key_schema(outputs),
        "AttributeDefinitions": [
            {"AttributeName": attribute["name"], "AttributeType": attribute["type"]}
            for attribute in mappings(outputs["attributes"])
        ],
    }
    if outputs.get("billingMode") == "PAY_PER_REQUEST":
        definition |= {"BillingMode": "PAY_PER_REQUEST"}
    else:
        definition |= {"BillingMode": "PROVISIONED", "ProvisionedThroughput": _throughput(outputs)}
    for property_name, name in (("globalSecondaryIndexes", "Global"), ("localSecondaryIndexes", "Local")):
        if indexes := mappings(outputs.get(property_name)):
            definition[f"{name}SecondaryIndexes"] = [_index(index, outputs, name == "Global") for index in indexes]
    return definition


def _throughput(outputs: Mapping[str, object]) -> dict[str, object]:
    units = {"ReadCapacityUnits": outputs.get("readCapacity"), "WriteCapacityUnits": outputs.get("writeCapacity")}
    return {name: int(float(str(value or 1))) for name, value in units.items()}


def _index(index: Mapping[str, object], table: Mapping[str, object], is_global: bool) -> dict[str, object]:
    keys = index if is_global else {"hashKey": table["hashKey"], "rangeKey": index.get("rangeKey")}
    projection: dict[str, object] = {"ProjectionType": index.get("projectionType", "ALL")}
    if index.get("nonKeyAttributes"):
        projection["NonKeyAttributes"] = index["nonKeyAttributes"]
    made = {"IndexName": index["name"], "KeySchema": _key_schema(keys), "Projection": projection}
    if is_global and table.get("billingMode") != "PAY_PER_REQUEST":
        made["ProvisionedThroughput"] = _throughput(index)
    return made


def _key_schema(keys: Mapping[str, object]) -> list[dict[str, object]]:
    kinds = {"hashKey": "HASH", "rangeKey": "RANGE"}
    return [{"AttributeName": keys[name], "KeyType": kind} for name, kind in kinds.items() if keys.get(name)]


def _region_of_arn(arn: str) -> str:
    parts = arn.split(":")
    return parts[3] if len(parts) > 5 else ""


def mappings(value: object) -> list[Mapping[str, object]]:
    entries = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("Mapping[str, object]", entry) for entry in entries if isinstance(entry, dict)]
