"""aws:dynamodb/table:Table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Creation, Properties, ResourceModel, Scope, child, children, tags_all, words
from simulator.standin.model.rules import among_aws, between, matching
from simulator.standin.model.taken import Unique
from simulator.standin.model.wire import UNKNOWN


@cache
def regions() -> frozenset[str]:
    """The Regions that have DynamoDB, from botocore's endpoint list."""
    import botocore.session

    return frozenset(botocore.session.Session().get_available_regions("dynamodb"))


def _check(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from _keys(inputs)
    yield from _replicas(inputs, scope)
    if inputs.get("billingMode", "PROVISIONED") == "PROVISIONED":
        for capacity in ("readCapacity", "writeCapacity"):
            if inputs.get(capacity) is None:
                yield Failure(capacity, "is required when billingMode is PROVISIONED, which is the default")
    if inputs.get("streamEnabled") is True and not inputs.get("streamViewType"):
        yield Failure("streamViewType", "is required when streamEnabled is true")
    ttl = child(inputs, "ttl")
    if ttl.get("enabled") is True and not ttl.get("attributeName"):
        yield Failure("ttl.attributeName", "is required when ttl.enabled is true")


def _keys(inputs: Properties) -> Iterator[Failure]:
    """Every key is declared and every declared attribute is a key (CreateTable's ValidationException)."""
    if inputs.get("hashKey") is None:
        yield Failure("hashKey", "is required")
    keyed = [inputs, *children(inputs, "globalSecondaryIndexes"), *children(inputs, "localSecondaryIndexes")]
    used = {entry[key] for entry in keyed for key in ("hashKey", "rangeKey") if isinstance(entry.get(key), str)}
    declared = [entry.get("name") for entry in children(inputs, "attributes")]
    if inputs.get("attributes") is UNKNOWN or not all(isinstance(name, str) for name in declared):
        return
    for name in sorted(used - set(declared)):
        yield Failure("attributes", f"do not declare the key attribute {name!r}")
    for name in sorted(set(declared) - used):
        yield Failure("attributes", f"declare {name!r}, which no key uses; DynamoDB takes key attributes only")
    if len(declared) != len(set(declared)):
        yield Failure("attributes", "declare the same name twice")


def _replicas(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    home = inputs.get("region") or scope.region
    names = [entry.get("regionName") for entry in children(inputs, "replicas")]
    for index, name in enumerate(names):
        path = f"replicas[{index}].regionName"
        if not isinstance(name, str):
            continue
        if name not in regions():
            yield Failure(path, f"is {name!r}: DynamoDB has no such Region")
        if name == home:
            yield Failure(path, f"is {name!r}, the table's own Region")
        if name in names[:index]:
            yield Failure(path, f"is {name!r}, which is listed twice")


def _compute(creation: Creation) -> dict[str, object]:
    table = f"table/{creation.id}"
    replicas = [
        {
            "consistencyMode": "EVENTUAL",
            **replica,
            "arn": creation.scope.arn("dynamodb", table, str(replica["regionName"])),
        }
        for replica in children(creation.inputs, "replicas")
    ]
    return {
        "arn": creation.scope.arn("dynamodb", table, creation.region),
        "region": creation.region,
        "tagsAll": tags_all(creation),
        **({"replicas": replicas} if replicas else {}),
    }


def _refuse_delete(outputs: Properties) -> str:
    if outputs.get("deletionProtectionEnabled") is True:
        return "has deletion protection: set deletionProtectionEnabled to false in an update of its own first"
    return ""


def _copies(inputs: Properties, region: str) -> set[object]:
    """A table has its name in its own Region and in those of its replicas."""
    regions = [region, *(entry.get("regionName") for entry in children(inputs, "replicas"))]
    return {(where, inputs.get("name")) for where in regions}


TABLE = ResourceModel(
    type="aws:dynamodb/table:Table",
    args="dynamodb.TableArgs",
    modelled=words(
        "attributes billingMode deletionProtectionEnabled globalSecondaryIndexes hashKey localSecondaryIndexes name"
        " pointInTimeRecovery rangeKey readCapacity region replicas serverSideEncryption streamEnabled streamViewType"
        " tableClass tags ttl writeCapacity"
    ),
    identify=lambda creation: str(creation.inputs["name"]),
    compute=_compute,
    replaces=frozenset({"name", "hashKey", "rangeKey", "localSecondaryIndexes", "region"}),
    computed=frozenset({"arn", "region", "tagsAll"}),
    defaults={"billingMode": "PROVISIONED", "deletionProtectionEnabled": False, "streamEnabled": False},
    unordered=frozenset({"attributes", "replicas", "globalSecondaryIndexes", "localSecondaryIndexes"}),
    rules={
        "name": matching(r"[A-Za-z0-9_.-]{3,255}", "3 to 255 letters, digits, '_', '.' or '-'"),
        "billingMode": among_aws("dynamodb", "BillingMode"),
        "attributes[*].type": among_aws("dynamodb", "ScalarAttributeType"),
        "tableClass": among_aws("dynamodb", "TableClass"),
        "streamViewType": among_aws("dynamodb", "StreamViewType"),
        "pointInTimeRecovery.recoveryPeriodInDays": between(1, 35),
        "readCapacity": between(1, 40_000),
        "writeCapacity": between(1, 40_000),
    },
    check=_check,
    refuse_delete=_refuse_delete,
    named=255,
    unique=Unique("ResourceInUseException", _copies),
)
