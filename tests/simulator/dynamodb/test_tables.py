"""The engine gets the tables of the state, and keeps what it has."""

from decimal import Decimal
from typing import Any

import pytest

from simulator.dynamodb import LocalDynamoDB, TableConflictError, TableStateError, tables_from_state
from tests.simulator.dynamodb.conftest import ASIA, EUROPE, HOME, Peek, resource, state_of

pytestmark = pytest.mark.anyio


async def describe(dynamodb: LocalDynamoDB, name: str, region: str) -> dict[str, Any]:
    answer: Any = await dynamodb.call(region, "DescribeTable", {"TableName": name})
    return answer["Table"]


async def test_a_global_table_is_in_every_region_with_its_ttl(dynamodb: LocalDynamoDB, sessions: str):
    await dynamodb.create_tables(state_of(resource(sessions)))
    for region in (HOME, EUROPE, ASIA):
        table = await describe(dynamodb, sessions, region)
        assert table["KeySchema"] == [{"AttributeName": "token", "KeyType": "HASH"}]
        assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        ttl: Any = await dynamodb.call(region, "DescribeTimeToLive", {"TableName": sessions})
        assert ttl["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"
        assert ttl["TimeToLiveDescription"]["AttributeName"] == "expiration"
    assert dynamodb.status()["tables"] == {sessions: [HOME, EUROPE, ASIA]}


async def test_sort_keys_and_indexes_are_made(dynamodb: LocalDynamoDB, sessions: str):
    tenants = resource(
        sessions,
        hashKey="tenantId",
        rangeKey="accountId",
        attributes=[{"name": name, "type": "S"} for name in ("tenantId", "accountId", "plan")],
        ttl=None,
        replicas=None,
        globalSecondaryIndexes=[{"name": "by-plan", "hashKey": "plan", "projectionType": "KEYS_ONLY"}],
        localSecondaryIndexes=[{"name": "by-plan-here", "rangeKey": "plan", "projectionType": "ALL"}],
        billingMode="PROVISIONED",
        readCapacity=5,
        writeCapacity=2,
    )
    await dynamodb.create_tables(state_of(tenants))
    table = await describe(dynamodb, sessions, HOME)
    assert [part["AttributeName"] for part in table["KeySchema"]] == ["tenantId", "accountId"]
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by-plan"]
    assert [part["AttributeName"] for part in table["LocalSecondaryIndexes"][0]["KeySchema"]] == ["tenantId", "plan"]


async def test_creating_again_keeps_the_items(dynamodb: LocalDynamoDB, sessions: str, version_in: Peek):
    state = state_of(resource(sessions))
    await dynamodb.create_tables(state)
    await dynamodb.seed(sessions, [{"token": "t", "version": "1"}])
    await dynamodb.create_tables(state)
    assert [await version_in(region) for region in (HOME, EUROPE, ASIA)] == ["1", "1", "1"]


async def test_a_new_replica_is_filled_from_home(dynamodb: LocalDynamoDB, sessions: str, version_in: Peek):
    await dynamodb.create_tables(state_of(resource(sessions, replicas=[])))
    await dynamodb.seed(sessions, [{"token": f"t{n}", "version": str(n)} for n in range(30)])
    await dynamodb.create_tables(state_of(resource(sessions)))
    assert [await version_in(ASIA, f"t{n}") for n in range(30)] == [str(n) for n in range(30)]


async def test_a_table_that_left_the_state_is_left_alone(dynamodb: LocalDynamoDB, sessions: str, version_in: Peek):
    await dynamodb.create_tables(state_of(resource(sessions)))
    await dynamodb.seed(sessions, [{"token": "t", "version": "1"}])
    await dynamodb.create_tables(state_of())
    assert await version_in(EUROPE) == "1"


async def test_another_key_than_the_existing_tables_is_an_error(dynamodb: LocalDynamoDB, sessions: str):
    await dynamodb.create_tables(state_of(resource(sessions)))
    other = resource(sessions, hashKey="sessiontoken", attributes=[{"name": "sessiontoken", "type": "S"}])
    with pytest.raises(TableConflictError) as caught:
        await dynamodb.create_tables(state_of(other))
    assert str(caught.value) == (
        f"table {sessions} in us-east-1 exists with the key token; the state has sessiontoken. "
        "Delete it in the engine, or name another table"
    )


async def test_seeds_are_in_every_region_at_once(dynamodb: LocalDynamoDB, sessions: str):
    await dynamodb.create_tables(state_of(resource(sessions)))
    await dynamodb.seed(sessions, [{"token": "t", "expiration": 1_790_000_000, "share": Decimal("0.5"), "tags": ["a"]}])
    body = {"TableName": sessions, "Key": {"token": {"S": "t"}}}
    for region in (HOME, EUROPE, ASIA):
        assert (await dynamodb.call(region, "GetItem", body))["Item"] == {
            "token": {"S": "t"},
            "expiration": {"N": "1790000000"},
            "share": {"N": "0.5"},
            "tags": {"L": [{"S": "a"}]},
        }


async def test_a_seed_without_a_type_in_dynamodb_is_named(dynamodb: LocalDynamoDB, sessions: str):
    await dynamodb.create_tables(state_of(resource(sessions)))
    with pytest.raises(ValueError, match=rf"^table {sessions}, attribute share: 0\.5: Float types are not supported"):
        await dynamodb.seed(sessions, [{"token": "t", "share": 0.5}])
    with pytest.raises(KeyError, match=f"no table elsewhere; there are: {sessions}"):
        await dynamodb.seed("elsewhere", [])


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({"hashKey": None}, "the state has no hashKey"),
        ({"attributes": []}, "the state has no attributes"),
        ({"name": ""}, "the state has no name"),
        ({"region": None, "arn": None}, "the state has neither region nor arn"),
    ],
)
def test_a_missing_property_is_named_with_its_resource(outputs: dict[str, object], message: str):
    broken = resource("sessions", **outputs)
    with pytest.raises(TableStateError) as caught:
        tables_from_state(state_of(broken))
    assert str(caught.value) == f"{broken['urn']}: {message}"


def test_the_home_region_comes_from_the_arn_where_the_provider_wrote_none():
    (table,) = tables_from_state(state_of(resource("sessions", region=None)))
    assert table.regions == (HOME, EUROPE, ASIA)


def test_the_separate_replica_resource_is_refused_by_name():
    replica = {"urn": "urn:replica", "type": "aws:dynamodb/tableReplica:TableReplica", "outputs": {}}
    with pytest.raises(TableStateError) as caught:
        tables_from_state(state_of(replica))
    assert str(caught.value) == (
        "urn:replica: aws:dynamodb/tableReplica:TableReplica is not modelled; use the table's replicas"
    )
