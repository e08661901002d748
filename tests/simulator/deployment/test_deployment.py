"""A deployment outlives updates: its ports, tables and applications stay while functions and edge are replaced."""

import asyncio
import io
import json
import socket
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from simulator.cloudfront import OriginMapError, PortInUseError, StateError
from simulator.deployment.applications import Application, ApplicationError
from simulator.deployment.deployment import LocalDeployment, Site
from simulator.lambda_edge import FunctionCode

pytestmark = pytest.mark.anyio
ARN = "arn:aws:lambda:us-east-1:123456789012:function:made-up:{version}"
ECHO = Application("v1.example.com:80", "demo.echo:app", {"NAME": "first", "DELAY_MS": "0"})


def state(version: int, table_name: str = "made-up-table") -> dict[str, Any]:
    """A distribution with one origin and one function, and a global table."""
    behavior = {
        "targetOriginId": "v1",
        "viewerProtocolPolicy": "allow-all",
        "allowedMethods": ["GET", "HEAD"],
        "cachedMethods": ["GET", "HEAD"],
        "cachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        "lambdaFunctionAssociations": [{"eventType": "origin-request", "lambdaArn": ARN.format(version=version)}],
    }
    origin = {
        "originId": "v1",
        "domainName": "v1.example.com",
        "customOriginConfig": {
            "httpPort": 80,
            "httpsPort": 443,
            "originProtocolPolicy": "http-only",
            "originSslProtocols": ["TLSv1.2"],
        },
    }
    table = {
        "name": table_name,
        "hashKey": "k",
        "billingMode": "PAY_PER_REQUEST",
        "attributes": [{"name": "k", "type": "S"}],
        "region": "us-east-1",
        "replicas": [{"regionName": "eu-west-1"}],
    }
    outputs = {
        "aws:cloudfront/distribution:Distribution": {
            "domainName": "d.cloudfront.net",
            "enabled": True,
            "defaultCacheBehavior": behavior,
            "origins": [origin],
        },
        "aws:dynamodb/table:Table": table,
    }
    resources = [
        {"urn": f"urn:pulumi:a::b::{kind}::made-up", "custom": True, "id": "made-up", "type": kind, "outputs": values}
        for kind, values in outputs.items()
    ]
    return {"version": 3, "deployment": {"resources": resources}}


def function(folder: Path, version: int, source: str = "") -> FunctionCode:
    """One that adds x-version for the origin; `source` runs in the handler."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(
            "app.py",
            "import time\ndef handler(event, context):\n"
            "    request = event['Records'][0]['cf']['request']\n"
            f"    {source or 'pass'}\n"
            f"    request['querystring'] = 'version={version}'\n"
            "    return request\n",
        )
    package = folder / f"package-{version}.zip"
    package.write_bytes(content.getvalue())
    return FunctionCode(ARN.format(version=version), "made-up", str(version), package, "app.handler", 5.0, 128)


@pytest.fixture(scope="module")
async def local(anyio_backend: str) -> AsyncIterator[LocalDeployment]:
    """One for all: each test applies states of its own, with a table of its own where it looks into it."""
    async with LocalDeployment() as made:
        yield made


async def get(url: str, path: str = "/") -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        return await client.get(url + path)


@pytest.mark.long
async def test_an_update_replaces_the_function_and_keeps_table_items_and_applications(
    local: LocalDeployment, tmp_path: Path
):
    site = Site([ECHO], seeds={"kept": [{"k": "seed"}]})
    await local.apply(state(1, "kept"), site, [function(tmp_path, 1)])
    first, urls = (await get(local.url)).json(), local.status()["origins"]
    await local.dynamodb.call("us-east-1", "PutItem", {"TableName": "kept", "Item": {"k": {"S": "written"}}})
    await local.apply(state(2, "kept"), site, [function(tmp_path, 2)])
    second = (await get(local.url)).json()
    assert (first["query"], second["query"]) == ("version=1", "version=2")
    assert local.status()["origins"] == urls
    assert sorted(await items(local, "kept")) == ["seed", "written"]


@pytest.mark.long
async def test_a_request_under_way_ends_as_it_began_while_new_ones_get_the_new_function(
    local: LocalDeployment, tmp_path: Path
):
    await local.apply(state(1), Site([ECHO]), [function(tmp_path, 1, "time.sleep(0.8)")])
    slow = asyncio.create_task(get(local.url))
    async with asyncio.timeout(20):
        while not local._current._under_way.total():
            await asyncio.sleep(0.01)
    await asyncio.gather(local.apply(state(2), Site([ECHO]), [function(tmp_path, 2)]), slow)
    assert slow.result().json()["query"] == "version=1"
    assert (await get(local.url)).json()["query"] == "version=2"


@pytest.mark.long
async def test_an_update_that_fails_leaves_what_was_served(local: LocalDeployment, tmp_path: Path):
    await local.apply(state(1), Site([ECHO]), [function(tmp_path, 1)])
    broken = replace(ECHO, environment={"STATUS": "ok"})
    with pytest.raises(ApplicationError, match=r"^v1\.example\.com:80 ended with exit code 1: STATUS is"):
        await local.apply(state(2), Site([broken]), [function(tmp_path, 2)])
    with pytest.raises(OriginMapError):
        await local.apply(state(2), Site([ECHO], {"v2.example.com": "no url"}), [function(tmp_path, 2)])
    with pytest.raises(StateError):
        await local.apply({"version": 3, "deployment": {"resources": []}}, Site([ECHO]), [])
    assert (await get(local.url)).json()["query"] == "version=1"


@pytest.mark.long
async def test_a_changed_application_is_replaced(local: LocalDeployment, tmp_path: Path):
    await local.apply(state(1), Site([ECHO]), [function(tmp_path, 1)])
    await local.apply(state(1), Site([replace(ECHO, environment={"NAME": "second"})]), [function(tmp_path, 1)])
    assert (await get(local.url)).json()["name"] == "second"


STORE = "arn:aws:cloudfront::123456789012:key-value-store/made-up"
CACHE_POLICY = "aws:cloudfront/cachePolicy:CachePolicy"
FOR_A_DAY = {
    "name": "for-a-day",
    "minTtl": 86_400,  # the echo back end says no-store
    "parametersInCacheKeyAndForwardedToOrigin": {
        "headersConfig": {"headerBehavior": "none"},
        "cookiesConfig": {"cookieBehavior": "none"},
        "queryStringsConfig": {"queryStringBehavior": "none"},
    },
}
GREETING = """
import cf from 'cloudfront';
async function handler(event) {
    if (event.request.uri !== '/greeting') { return event.request; }
    return { statusCode: 200, body: await cf.kvs().get('greeting') };
}
"""


def cached_state(version: int, table_name: str = "made-up-table", **pairs: str) -> dict[str, Any]:
    """As `state`; answers are kept for a day, and `/greeting` is answered out of a key-value store before the cache."""
    made = state(version, table_name)
    resources = made["deployment"]["resources"]
    behavior = resources[0]["outputs"]["defaultCacheBehavior"]
    behavior["cachePolicyId"] = "for-a-day"
    behavior["functionAssociations"] = [{"eventType": "viewer-request", "functionArn": "arn:greeting"}]
    outputs = {
        "aws:cloudfront/keyValueStore:KeyValueStore": {"arn": STORE, "name": "made-up"},
        "aws:cloudfront/keyvaluestoreKeysExclusive:KeyvaluestoreKeysExclusive": {
            "keyValueStoreArn": STORE,
            "resourceKeyValuePairs": [{"key": key, "value": value} for key, value in pairs.items()],
        },
        "aws:cloudfront/function:Function": {
            "arn": "arn:greeting",
            "name": "greeting",
            "runtime": "cloudfront-js-2.0",
            "code": GREETING,
            "keyValueStoreAssociations": [STORE],
        },
    }
    resources.append({"urn": "urn:for-a-day", "id": "for-a-day", "type": CACHE_POLICY, "outputs": FOR_A_DAY})
    resources += [
        {"urn": f"urn:pulumi:a::b::{kind}::made-up", "custom": True, "id": "made-up", "type": kind, "outputs": values}
        for kind, values in outputs.items()
    ]
    return made


async def result_type(local: LocalDeployment) -> str:
    """Where the answer to `/kept` came from: Miss or Hit."""
    return (await get(local.url, "/kept")).headers["x-cache"].partition(" ")[0]


async def test_other_key_values_alone_are_put_into_the_edge_that_runs_and_its_cache_stays(
    local: LocalDeployment, tmp_path: Path
):
    functions = [function(tmp_path, 1)]
    await local.apply(cached_state(1, greeting="hello"), Site([ECHO]), functions)
    assert ((await get(local.url, "/greeting")).text, await result_type(local)) == ("hello", "Miss")
    await local.apply(cached_state(1, greeting="good evening", more="1"), Site([ECHO]), functions)
    assert ((await get(local.url, "/greeting")).text, await result_type(local)) == ("good evening", "Hit")
    assert local.distribution is not None
    assert local.distribution.key_values == {STORE: {"greeting": "good evening", "more": "1"}}
    await local.apply(cached_state(1), Site([ECHO]), functions)
    assert ((await get(local.url, "/greeting")).status_code, await result_type(local)) == (503, "Hit")


def with_item(made: dict[str, Any], table_name: str, **attributes: str) -> dict[str, Any]:
    """The state with an item of this table, as Pulumi writes it."""
    item = {"k": {"S": "pulumi"}, **{name: {"S": value} for name, value in attributes.items()}}
    outputs = {"tableName": table_name, "hashKey": "k", "item": json.dumps(item), "region": "us-east-1"}
    kind = "aws:dynamodb/tableItem:TableItem"
    made["deployment"]["resources"].append({"urn": "urn:item", "id": "item", "type": kind, "outputs": outputs})
    return made


async def items(local: LocalDeployment, table_name: str, region: str = "us-east-1") -> dict[str, str | None]:
    found: Any = (await local.dynamodb.call(region, "Scan", {"TableName": table_name}))["Items"]
    return {item["k"]["S"]: item["says"]["S"] if "says" in item else None for item in found}


@pytest.mark.long
async def test_another_item_alone_is_put_into_the_table_and_the_edge_stays_with_its_cache(
    local: LocalDeployment, tmp_path: Path
):
    functions = [function(tmp_path, 1)]
    await local.apply(
        with_item(cached_state(1, "changed", greeting="hello"), "changed", says="one"), Site([ECHO]), functions
    )
    assert await result_type(local) == "Miss"
    assert await items(local, "changed") == await items(local, "changed", "eu-west-1") == {"pulumi": "one"}
    written = {"k": {"S": "somebody"}, "says": {"S": "else"}}
    await local.dynamodb.call("us-east-1", "PutItem", {"TableName": "changed", "Item": written})
    await local.apply(
        with_item(cached_state(1, "changed", greeting="hello"), "changed", says="two"), Site([ECHO]), functions
    )
    await local.dynamodb.replication.settle()
    assert await items(local, "changed") == {"pulumi": "two", "somebody": "else"}
    assert await items(local, "changed", "eu-west-1") == {"pulumi": "two"}
    assert await result_type(local) == "Hit"


@pytest.mark.long
async def test_an_update_that_leaves_an_item_as_it_is_writes_nothing(local: LocalDeployment, tmp_path: Path):
    made = with_item(state(1, "left"), "left", says="one")
    await local.apply(made, Site([ECHO]), [function(tmp_path, 1)])
    other = {"k": {"S": "pulumi"}, "says": {"S": "by hand"}}
    await local.dynamodb.call("us-east-1", "PutItem", {"TableName": "left", "Item": other})
    await local.apply(made, Site([ECHO]), [function(tmp_path, 1)])
    assert await items(local, "left") == {"pulumi": "by hand"}
    await local.apply(state(1, "left"), Site([ECHO]), [function(tmp_path, 1)])
    assert await items(local, "left") == {}


@pytest.mark.long
async def test_instances_begin_anew_when_they_are_told_to_forget(local: LocalDeployment, tmp_path: Path):
    counting = "global calls; calls = globals().get('calls', 0) + 1; request['uri'] = f'/{calls}'"
    await local.apply(state(1), Site([ECHO]), [function(tmp_path, 1, counting)])
    assert [(await get(local.url)).json()["path"] for _ in range(2)] == ["/1", "/2"]
    await local.forget()
    assert (await get(local.url)).json()["path"] == "/1"


@pytest.mark.long
async def test_pairs_that_no_store_takes_leave_those_that_were_served(local: LocalDeployment, tmp_path: Path):
    functions = [function(tmp_path, 1)]
    await local.apply(cached_state(1, greeting="hello"), Site([ECHO]), functions)
    with pytest.raises(StateError, match=r'the value of "greeting" has 1025 bytes: at most 1024 fit$'):
        await local.apply(cached_state(1, greeting="x" * 1025), Site([ECHO]), functions)
    assert (await get(local.url, "/greeting")).text == "hello"


@pytest.mark.long
async def test_what_the_edge_is_not_built_from_does_not_replace_it(local: LocalDeployment, tmp_path: Path):
    functions = [function(tmp_path, 1)]
    before, after = cached_state(1, greeting="hello"), cached_state(1, greeting="hello")
    after["deployment"]["resources"][0]["outputs"] |= {"comment": "another", "tags": {"a": "b"}}
    after["deployment"]["resources"][1]["outputs"] |= {"tags": {"a": "b"}}
    await local.apply(before, Site([ECHO]), functions)
    assert await result_type(local) == "Miss"
    await local.apply(after, Site([ECHO], seeds={"made-up-table": [{"k": "seed"}]}), functions)
    assert await result_type(local) == "Hit"


@pytest.mark.long
async def test_a_package_that_was_built_again_under_its_name_is_served(local: LocalDeployment, tmp_path: Path):
    await local.apply(state(1), Site([ECHO]), [function(tmp_path, 1)])
    assert (await get(local.url)).json()["path"] == "/"
    await local.apply(state(1), Site([ECHO]), [function(tmp_path, 1, "request['uri'] = '/again'")])
    assert (await get(local.url)).json()["path"] == "/again"


async def test_a_port_in_use_is_told_before_anything_is_started():
    before = set(psutil.Process().children(recursive=True))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            PortInUseError, match=f"^cannot listen on 127.0.0.1:{port}: Address already in use; choose another port$"
        ):
            async with LocalDeployment(port=port):
                pass
    assert set(psutil.Process().children(recursive=True)) == before


@pytest.mark.long
async def test_viewers_wait_for_the_first_apply_and_no_process_is_left_in_the_end(tmp_path: Path):
    before = set(psutil.Process().children(recursive=True))
    async with LocalDeployment(region_ports={"eu-west-1": 0}) as local:
        early = asyncio.create_task(get(local.region_urls["eu-west-1"]))
        await asyncio.sleep(0.1)
        await local.apply(state(1), Site([ECHO]), [function(tmp_path, 1)])
        assert (await early).headers["x-amz-cf-pop"].startswith("DUB")
        assert len(set(psutil.Process().children(recursive=True)) - before) >= 4  # moto, application, worker, keeper
    assert set(psutil.Process().children(recursive=True)) - before == set()
