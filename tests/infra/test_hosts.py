"""`demo.hosts`: the sample application on instances of the stack's own, from the network to the router's package."""

from __future__ import annotations

import base64
import copy
import gzip
import json
import re
from hashlib import sha256
from typing import Any
from zipfile import ZipFile

import pytest

from demo.hosts.hosts import IMAGE_PARAMETER
from simulator.standin import ProgramError, Run, StandIn, run_program
from tests.infra.configs import ROOT, choosing, problems_of
from tests.infra.test_program import (
    DISTRIBUTION,
    FUNCTION,
    KEYS,
    all_resources,
    every_strategy,
    hosts,
    inputs,
    on_lambda,
    resources,
    run,
)

INSTANCE = "aws:ec2/instance:Instance"
PASSWORD = "random:index/randomPassword:RandomPassword"
SECRET_KEYS = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
CONFIGURED = "a-secret-of-the-config"
OVERRIDE = ("override.header=x-qa-origin", "override.secret=0123456789abcdef")


def ec2(found: Run, name: str) -> dict[str, Any]:
    """The inputs of the one resource of EC2 of that kind."""
    [one] = all_resources(found, f"aws:ec2/{name[0].lower()}{name[1:]}:{name}")
    return one["inputs"]


def instances(found: Run) -> dict[str, dict[str, Any]]:
    """By origin."""
    return {one["urn"].rpartition("::")[2].removesuffix("-host"): one for one in all_resources(found, INSTANCE)}


def user_data(found: Run, origin: str) -> str:
    return gzip.decompress(base64.b64decode(instances(found)[origin]["inputs"]["userDataBase64"])).decode()


def secret_of(found: Run) -> str:
    """What the distribution says to its origin, out of a state that shows secrets."""
    state: Any = found.state_with_secrets
    [distribution] = [one for one in state["deployment"]["resources"] if one["type"] == DISTRIBUTION]
    [header] = distribution["inputs"]["origins"][0]["customHeaders"]
    return json.loads(header["value"]["plaintext"])


def baked(found: Run) -> dict[str, Any]:
    """The config in the router's package."""
    with ZipFile(ROOT / inputs(found, FUNCTION)["code"]["path"]) as archive:
        return json.loads(archive.read("config.json"))


def steps(before: Run, *overrides: str, state: Any = None) -> dict[str, str]:
    """What an update of staging does, by resource; nothing of what stays the same."""
    after = run_program("staging", overrides=overrides, state=state or before.state)
    return {change.name: change.op for change in after.changes if change.op != "same"}


@pytest.mark.parametrize("stack", ["local", "prod"])
def test_there_are_none_unless_asked_for(stack: str) -> None:
    found = run(stack)
    kinds = {one["type"] for one in found.state["deployment"]["resources"]}  # pyright: ignore[reportIndexIssue]
    assert not [kind for kind in kinds if kind.startswith(("aws:ec2", "random:"))]
    assert "hosts" not in found.outputs
    assert "customHeaders" not in inputs(found, DISTRIBUTION)["origins"][0]


def test_only_cloudfront_reaches_the_application() -> None:
    group = ec2(run("staging"), "SecurityGroup")
    prefix_list = StandIn("us-east-1").invoke(
        "aws:ec2/getManagedPrefixList:getManagedPrefixList",
        {"name": "com.amazonaws.global.cloudfront.origin-facing"},
    )
    assert group["ingress"] == [
        {
            "description": "CloudFront to the application",
            "protocol": "tcp",
            "fromPort": 8080,
            "toPort": 8080,
            "prefixListIds": [prefix_list["id"]],
        }
    ]
    assert [(one["fromPort"], one["toPort"], one["cidrBlocks"]) for one in group["egress"]] == [
        (443, 443, ["0.0.0.0/0"])
    ]
    assert not {"ingress", "egress"} & ec2(run("staging"), "DefaultSecurityGroup").keys()


def test_the_network_gives_names_and_a_way_out() -> None:
    found = run("staging")
    vpc, subnet, routes = ec2(found, "Vpc"), ec2(found, "Subnet"), ec2(found, "RouteTable")
    assert (vpc["enableDnsHostnames"], vpc["enableDnsSupport"]) == (True, True)
    # The first of the zones that have the type, in the order of the alphabet.
    assert subnet["availabilityZone"] == "us-east-1b"
    assert [(one["cidrBlock"], one["gatewayId"][:4]) for one in routes["routes"]] == [("0.0.0.0/0", "igw-")]


def test_a_host_starts_when_it_can_reach_what_it_needs() -> None:
    """Its first minute is spent on the internet; and its role has to have its rights."""
    for instance in instances(run("staging")).values():
        needed = {urn.rpartition("::")[2] for urn in instance["dependencies"]}
        assert {"hosts-association", "hosts-write-sessions", "hosts-session-manager", "hosts-profile"} <= needed


def test_a_host_is_small_locked_and_without_a_key() -> None:
    found = run("staging")
    assert instances(found).keys() == {"stable", "canary"}
    image = StandIn("us-east-1").invoke("aws:ssm/getParameter:getParameter", {"name": IMAGE_PARAMETER})
    for origin, instance in instances(found).items():
        given = {key: value for key, value in instance["inputs"].items() if key not in ("subnetId", "userDataBase64")}
        [group] = given.pop("vpcSecurityGroupIds")
        assert group.startswith("sg-")
        assert given == {
            "ami": image["value"],
            "instanceType": "t4g.nano",
            "associatePublicIpAddress": True,
            "iamInstanceProfile": "edge-router-staging-hosts",
            "metadataOptions": {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 2},
            "rootBlockDevice": {"encrypted": True, "volumeType": "gp3", "volumeSize": 8, "deleteOnTermination": True},
            "userDataReplaceOnChange": True,
            "tags": {"Name": f"edge-router-staging-{origin}"},
        }


def test_each_host_runs_its_version() -> None:
    found = run("staging")
    for origin, code in {"stable": "1", "canary": "2"}.items():
        assert f"\nVERSION_CODE={code}\n" in user_data(found, origin)


@every_strategy
def test_the_distributions_origin_is_the_stable_host_whatever_the_config_says(strategy: str) -> None:
    found = run("staging", *choosing(strategy))
    [origin] = inputs(found, DISTRIBUTION)["origins"]
    assert origin["domainName"] == hosts(found)["stable"]
    assert origin["domainName"].endswith(".compute-1.amazonaws.com")
    custom = origin["customOriginConfig"]
    assert (custom["originProtocolPolicy"], custom["httpPort"]) == ("http-only", 8080)
    assert found.outputs["hosts"] == hosts(found)


@on_lambda
def test_the_package_knows_where_the_hosts_are(strategy: str) -> None:
    found = run("staging", *choosing(strategy), "origins.canary.hostHeader=shop.example.com")
    origins = {
        name: (one["domain_name"], one["protocol"], one["port"], one["host_header"])
        for name, one in baked(found)["origins"].items()
    }
    assert origins == {
        "stable": (hosts(found)["stable"], "http", 8080, "origin"),
        "canary": (hosts(found)["canary"], "http", 8080, "shop.example.com"),
    }


def test_the_function_before_the_cache_knows_them_too() -> None:
    settings = ("strategy=tier", "pin=canary", *OVERRIDE)
    found = run("staging", *settings)
    pairs = {one["key"]: json.loads(one["value"]) for one in inputs(found, KEYS)["resourceKeyValuePairs"]}
    domains = {key: value.get("domainName") for key, value in pairs.items()}
    canary = hosts(found)["canary"]
    assert domains == {
        "pin": canary,
        "tier:premium": canary,
        "tier:standard": canary,
        "origin:stable": hosts(found)["stable"],
        "origin:canary": canary,
    }
    assert {(value["protocol"], value["port"]) for value in pairs.values()} == {("http", 8080)}


def test_an_origin_of_another_name_is_where_config_says() -> None:
    found = run("staging", "origins.beta.domainName=beta.example.com")
    assert baked(found)["origins"]["beta"]["domain_name"] == "beta.example.com"
    assert baked(found)["origins"]["beta"]["port"] == 443


def test_cloudfront_says_a_random_secret_and_the_hosts_know_its_digest_only() -> None:
    found = run("staging")
    [header] = inputs(found, DISTRIBUTION)["origins"][0]["customHeaders"]
    assert header["name"] == "x-origin-verify"
    assert header["value"].items() >= SECRET_KEYS.items()
    secret = secret_of(found)
    assert re.fullmatch("[A-Za-z0-9]{40}", secret)
    assert secret not in json.dumps(found.state)
    for origin in ("stable", "canary"):
        text = user_data(found, origin)
        assert secret not in text
        assert f"\nORIGIN_SECRET_DIGEST={sha256(secret.encode()).hexdigest()}\n" in text
        assert "\nORIGIN_SECRET_HEADER=x-origin-verify\n" in text


def test_a_configured_secret_and_header_are_taken() -> None:
    settings = (f"security.originSecret={CONFIGURED}", "security.originSecretHeader=x-from-cloudfront")
    found = run("staging", *settings)
    assert all_resources(found, PASSWORD) == []
    assert secret_of(found) == CONFIGURED
    assert inputs(found, DISTRIBUTION)["origins"][0]["customHeaders"][0]["name"] == "x-from-cloudfront"
    assert CONFIGURED not in json.dumps(found.state)
    assert "\nORIGIN_SECRET_HEADER=x-from-cloudfront\n" in user_data(found, "canary")


@every_strategy
def test_a_preview_works_before_any_host_has_a_name(strategy: str) -> None:
    found = run_program("staging", overrides=choosing(strategy), preview=True)
    assert {change.op for change in found.changes} == {"create"}
    assert found.outputs["hosts"] == "[unknown]"


@every_strategy
def test_a_second_update_changes_nothing(strategy: str) -> None:
    before = run("staging", *choosing(strategy))
    assert steps(before, *choosing(strategy)) == {}


def test_another_application_is_other_hosts_and_the_edge_follows() -> None:
    before = run("staging")
    assert steps(before, "stickySession.expiryAttribute=ttl") == {
        "sessions": "update",
        "stable-host": "replace",
        "canary-host": "replace",
        "function": "update",
        "distribution": "update",
    }


def test_a_new_image_takes_no_running_host_away() -> None:
    before = run("staging")
    state: Any = copy.deepcopy(before.state)
    for one in state["deployment"]["resources"]:
        if one["type"] == INSTANCE:
            one["inputs"]["ami"] = one["outputs"]["ami"] = "ami-0123456789abcdef0"
    assert steps(before, state=state) == {}


def test_hosts_go_when_the_edge_has_moved_on() -> None:
    before = run("staging")
    after = run_program("staging", overrides=["demo.hosts=false"], state=before.state)
    order = [change.name for change in after.changes if change.op != "same"]
    assert inputs(after, DISTRIBUTION)["origins"][0]["domainName"] == "staging-v1.example.com"
    gone = {change.name for change in after.changes if change.op == "delete"}
    assert {"stable-host", "canary-host", "hosts-vpc", "origin-secret"} <= gone
    assert order.index("distribution") < min(order.index(name) for name in gone)


def test_hosts_are_in_the_stacks_region_and_write_home() -> None:
    found = run("staging", "aws:region=eu-west-1")
    assert {one["outputs"]["region"] for one in instances(found).values()} == {"eu-west-1"}
    assert all(name.endswith(".eu-west-1.compute.amazonaws.com") for name in hosts(found).values())
    assert "\nAWS_REGION=us-east-1\n" in user_data(found, "stable")
    assert {one["outputs"]["region"] for one in resources(found, FUNCTION)} == {"us-east-1"}


def test_they_need_the_table_of_the_sessions() -> None:
    assert problems_of(demo={"hosts": True}) == [
        "edge-router:demo.hosts is true, but the sample application has no table for its sessions: write the section"
        " stickySession, or set this to false"
    ]
    assert problems_of(demo={"hosts": True}, stickySession={"cookie": "sid"}) == []


def test_what_the_application_could_not_read_is_told_before_anything_is_made() -> None:
    with pytest.raises(ProgramError) as refused:
        run_program("staging", overrides=["stickySession.cookie=s!d"])
    assert str(refused.value) == (
        "1 invalid setting:\n  edge-router:stickySession does not suit the sample application of demo.hosts:"
        " SESSION_COOKIE is \"s!d\"; 1 to 64 letters, digits, '_', '-'"
    )


def test_probes_that_no_host_lets_in_are_warned_of() -> None:
    assert [text for text in run("staging", "strategy=fastest-origin").warnings if "demo.hosts" in text] == [
        "edge-router:demo.hosts: is true, and its hosts let nobody in but CloudFront: the probes of fastest-origin do"
        " not reach them, and everybody gets stable"
    ]
    assert [text for text in run("staging").warnings if "demo.hosts" in text] == []
