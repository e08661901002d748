"""Construct: components for programs in other languages, and what their mistakes look like."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, resource_pb2

from provider.construct import SCHEMA_FILE, with_outputs
from provider.server import main
from pulumi_state.values import SIGNATURE
from simulator.standin.deployment import Deployment
from simulator.standin.model.wire import OUTPUT_VALUE, UNKNOWN, from_struct, to_struct
from simulator.standin.monitor import Monitor
from tests.infra.configs import ROOT

from .engine import Provider, RefusedError, new_deployment, running_provider

EDGE_ROUTER = "edge-router:index:EdgeRouter"
CANARY_ROUTING = "edge-router:index:CanaryRouting"
ORIGINS = {"stable": {"domainName": "v1.example.com"}, "canary": {"domainName": "v2.example.com"}}
TIER: dict[str, Any] = {
    "strategy": "tier",
    "release": "2026-11",
    "canaryPercent": 12.5,
    "origins": ORIGINS,
    "tier": {"tiers": {"premium": {"domainName": "premium.example.com", "port": 8443}}},
}
"""Settings of the strategy without a package, which is built soonest."""
LOAD_BALANCER = "urn:pulumi:dev::shop::aws:lb/loadBalancer:LoadBalancer::v1"
TYPES = {"string": str, "number": (int, float), "array": list, "object": dict}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with running_provider(tmp_path_factory.mktemp("program")) as running:
        yield running


def output(value: object = None, *, secret: bool = False) -> dict[str, Any]:
    """An Output of the load balancer as an engine sends it; unknown without a value."""
    known = {} if value is None else {"value": value}
    return {SIGNATURE: OUTPUT_VALUE, **known, "secret": secret, "dependencies": [LOAD_BALANCER]}


def register_provider(deployment: Deployment) -> str:
    """Register an AWS provider of the program's own, and return what refers to it."""
    request = resource_pb2.RegisterResourceRequest(type="pulumi:providers:aws", name="mine", custom=True)
    request.object.update({"region": "eu-west-1"})
    answer = Monitor(deployment, ROOT).RegisterResource(request)
    return f"{answer.urn}::{answer.id}"


def of_type(deployment: Deployment, token: str) -> dict[str, Any]:
    (found,) = [one for one in deployment.resources.values() if one["type"] == token]
    return found


def test_a_component_has_the_outputs_of_its_schema_and_its_resources_below_it(provider: Provider) -> None:
    deployment = new_deployment()
    answer = provider.construct(TIER, deployment=deployment)
    outputs = from_struct(answer.state)
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))["resources"][EDGE_ROUTER]
    assert outputs.keys() <= schema["properties"].keys()
    assert outputs.keys() >= set(schema["required"])
    wrong = {name for name, one in outputs.items() if not isinstance(one, TYPES[schema["properties"][name]["type"]])}
    assert wrong == set()
    assert (outputs["strategy"], outputs["canaryPercent"], outputs["pin"]) == ("tier", 12.5, "none")
    distribution = of_type(deployment, "aws:cloudfront/distribution:Distribution")
    assert set(answer.stateDependencies["domain"].urns) >= {distribution["urn"]}
    assert answer.urn == f"urn:pulumi:dev::shop::{EDGE_ROUTER}::edge"
    assert all(
        answer.urn == urn or f"::{EDGE_ROUTER}$" in urn for urn in deployment.resources if ":providers:" not in urn
    )


def test_every_mistake_is_named_by_its_property(provider: Provider) -> None:
    wrong = {**TIER, "canaryPercent": 120, "pin": "canery", "origins": {"stable": {"domainName": "a b", "port": 1}}}
    with pytest.raises(RefusedError) as refused:
        provider.construct(wrong)
    assert refused.value.message == "5 invalid settings:"
    assert refused.value.properties == {
        "inputs.canaryPercent": "is 120: a percentage from 0 to 100 with at most two decimals, such as 10 or 12.5",
        "inputs.origins.canary": "is missing: every release needs the origins stable and canary",
        "inputs.origins.stable.domainName": (
            "is 'a b': a domain name has labels of letters, digits and -, at most 253 characters in all, such as"
            " v1.example.com"
        ),
        "inputs.origins.stable.port": "is 1: CloudFront connects to the ports 80, 443 and 1024 to 65535",
        "inputs.pin": "is 'canery': did you mean canary? Allowed: canary, none, stable",
    }
    with pytest.raises(RefusedError) as refused:
        provider.construct({**TIER, "origins": {**ORIGINS, 'a"b': {"domainName": "a b"}}})
    assert list(refused.value.properties) == [r'inputs.origins["a\"b"]', r'inputs.origins["a\"b"].domainName']
    with pytest.raises(RefusedError) as refused:
        provider.construct({**TIER, "strategy": output()}, deployment=new_deployment(preview=True))
    assert refused.value.properties["inputs.strategy"].startswith("is an Output: it decides which resources there are")
    with pytest.raises(RefusedError) as refused:
        provider.construct(TIER, type="edge-router:index:EdgeRooter")
    assert refused.value.message == (
        "'edge-router:index:EdgeRooter' is not a component of this package. Allowed: edge-router:index:EdgeRouter,"
        " edge-router:index:CanaryRouting"
    )


def test_a_mistake_in_what_only_an_output_tells_is_named_the_same_way(provider: Provider) -> None:
    wrong = {**TIER, "origins": {**ORIGINS, "stable": {"domainName": output("https://v1.example.com")}}}
    with pytest.raises(RefusedError) as refused:
        provider.construct(wrong)
    assert refused.value.message == "1 invalid setting:"
    assert list(refused.value.properties) == ["inputs.origins.stable.domainName"]
    assert "Traceback" not in refused.value.properties["inputs.origins.stable.domainName"]


@pytest.mark.parametrize("given", [5, "", output("arn:aws:cloudfront::123456789012:distribution/E1ABCDEFGHIJKL")])
def test_a_distribution_id_that_is_none_is_named(provider: Provider, given: object) -> None:
    with pytest.raises(RefusedError) as refused:
        provider.construct(
            {**TIER, "alarms": {"notify": ["a@example.com"]}, "distributionId": given}, type=CANARY_ROUTING
        )
    assert list(refused.value.properties) == ["inputs.distributionId"]
    assert refused.value.properties["inputs.distributionId"].endswith(
        "the ID of a distribution has capital letters and digits, such as E1ABCDEFGHIJKL"
    )


def test_an_output_that_comes_to_nothing_is_no_setting_that_is_left_out(provider: Provider) -> None:
    """The header of the secret would be there, and say nothing; so would the records of a zone without an ID."""
    empty = {**TIER, "security": {"originSecret": output("", secret=True)}, "logSalt": output("")}
    with pytest.raises(RefusedError) as refused:
        provider.construct(empty)
    text = "is an Output that came to nothing: leave it out to do without"
    assert refused.value.properties == {"inputs.security.originSecret": text, "inputs.logSalt": text}


def test_an_origin_may_be_unknown_at_preview_and_what_depends_on_it_is_too(provider: Provider) -> None:
    deployment = new_deployment(preview=True)
    given = {**TIER, "origins": {**ORIGINS, "stable": {"domainName": output()}}}
    answer = provider.construct(given, deployment=deployment)
    distribution = of_type(deployment, "aws:cloudfront/distribution:Distribution")
    assert "04da6b54-80e4-46f7-96ec-b56ff0331ba9" in json.dumps(distribution["inputs"])
    assert LOAD_BALANCER in distribution["dependencies"]
    assert from_struct(answer.state)["domain"] is UNKNOWN


def test_a_secret_is_one_wherever_it_arrives(provider: Provider) -> None:
    deployment = new_deployment()
    secret = "0123456789abcdef-qa"
    given = {**TIER, "security": {"originSecret": output(secret, secret=True)}}
    provider.construct(given, deployment=deployment)
    assert secret not in json.dumps(list(deployment.resources.values()), default=str)


def test_two_components_at_a_time_know_nothing_of_each_other(provider: Provider) -> None:
    """As in two programs, of other names and other monitors."""
    deployments = [new_deployment(), new_deployment()]
    with ThreadPoolExecutor(max_workers=2) as pool:
        asked = [
            pool.submit(partial(provider.construct, {**TIER, "release": name}, name=name, deployment=deployment))
            for name, deployment in zip(("one", "two"), deployments, strict=True)
        ]
        answers = [one.result() for one in asked]
    assert [from_struct(answer.state)["release"] for answer in answers] == ["one", "two"]
    for name, other, deployment in zip(("one", "two"), ("two", "one"), deployments, strict=True):
        assert f"urn:pulumi:dev::shop::{EDGE_ROUTER}::{name}" in deployment.resources
        assert f"shop-dev-{other}" not in json.dumps(list(deployment.resources.values()), default=str)


def test_options_hold_for_the_component_and_what_it_makes(provider: Provider) -> None:
    deployment = new_deployment()
    parent = "urn:pulumi:dev::shop::shop:index:Site::site"
    reference = register_provider(deployment)
    provider.construct(
        TIER,
        deployment=deployment,
        parent=parent,
        protect=True,
        providers={"aws": reference},
        dependencies=[LOAD_BALANCER],
    )
    component = of_type(deployment, EDGE_ROUTER)
    distribution = of_type(deployment, "aws:cloudfront/distribution:Distribution")
    assert (component["parent"], component["protect"], component["dependencies"]) == (parent, True, [LOAD_BALANCER])
    assert (distribution["protect"], distribution["provider"]) == (True, reference)


def test_the_other_calls_are_answered_as_the_engine_expects(provider: Provider) -> None:
    stub = provider.stub
    handshake = stub.Handshake(provider_pb2.ProviderHandshakeRequest())
    configured = stub.Configure(provider_pb2.ConfigureRequest())
    assert (handshake.accept_secrets, handshake.accept_resources, handshake.accept_outputs) == (True, True, True)
    assert (configured.acceptSecrets, configured.acceptResources, configured.acceptOutputs) == (True, True, True)
    news = to_struct({"version": "0.2.0"})
    assert stub.CheckConfig(provider_pb2.CheckRequest(news=news)) == provider_pb2.CheckResponse(inputs=news)
    schema = json.loads(stub.GetSchema(provider_pb2.GetSchemaRequest()).schema)
    assert stub.GetPluginInfo(Empty()).version == schema["version"]
    with pytest.raises(grpc.RpcError) as refused:
        stub.Parameterize(provider_pb2.ParameterizeRequest())
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
    assert refused.value.details() == "the package edge-router takes no parameters"
    assert stub.Cancel(Empty()) == Empty()


@pytest.mark.long
def test_the_plugin_answers_with_its_port_wherever_it_is_started(tmp_path: Path) -> None:
    arguments = [sys.executable, str(ROOT), "127.0.0.1:1", "--logtostderr"]
    with subprocess.Popen(arguments, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as plugin:
        assert plugin.stdout is not None
        port = plugin.stdout.readline().strip()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            info = provider_pb2_grpc.ResourceProviderStub(channel).GetPluginInfo(Empty())
        plugin.terminate()
    assert info.version == json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))["version"]
    assert list(tmp_path.iterdir()) == []


def test_whoever_starts_it_by_hand_is_told_what_to_do() -> None:
    with pytest.raises(SystemExit, match="`pulumi up` runs it here, and `pulumi package add`"):
        main([])


def test_the_keys_of_an_object_are_in_order_for_it_has_none_on_its_way() -> None:
    """Protocol buffers order a map as they like: a policy's statements would change places from run to run."""
    given = {"stable": {"region": "us-east-1", "bucket": "v1"}, "canary": [{"b": 1, "a": 2}]}
    assert [list(given), list(with_outputs(given)), list(with_outputs(given)["canary"][0])] == [
        ["stable", "canary"],
        ["canary", "stable"],
        ["a", "b"],
    ]
