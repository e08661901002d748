"""The project demo/hosts: the sample application on two instances, and how a stack gets them as its origins."""

from __future__ import annotations

import base64
import copy
import gzip
import json
import re
from functools import cache
from hashlib import sha256
from typing import Any

import pytest
import yaml

from demo.hosts.hosts import IMAGE_PARAMETER
from demo.hosts.settings import HostsSettings
from infra.config.base_model import parse_settings
from infra.config.errors import SettingsError
from infra.settings.stack import refuse_demo
from simulator.standin.model.errors import ProgramError
from simulator.standin.program import Run, run_program
from simulator.standin.provider import StandIn
from tests.infra.configs import CONNECTED, ROOT, run_stack, shipped_stack, stack_of
from tests.infra.test_program import ACCOUNT, DISTRIBUTION, inputs, run

pytestmark = pytest.mark.long  # the sample's hosts: pulumi_aws.ec2 alone takes seconds to compile

PROJECT = ROOT / "demo/hosts"
INSTANCE = "aws:ec2/instance:Instance"
PASSWORD = "random:index/randomPassword:RandomPassword"
SECRET_KEYS = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
CONFIGURED = "a-secret-of-the-config"


@cache
def run_hosts(*overrides: str) -> Run:
    return run_program("staging", project=PROJECT, overrides=overrides)


def of_type(found: Run, kind: str) -> list[dict[str, Any]]:
    deployment: Any = found.state["deployment"]
    return [one for one in deployment["resources"] if one["type"] == kind]


def ec2(name: str, found: Run | None = None) -> dict[str, Any]:
    """The inputs of the one resource of EC2 of that kind."""
    [one] = of_type(found or run_hosts(), f"aws:ec2/{name[0].lower()}{name[1:]}:{name}")
    return one["inputs"]


def instances(found: Run) -> dict[str, dict[str, Any]]:
    """By origin."""
    return {one["urn"].rpartition("::")[2].removesuffix("-host"): one for one in of_type(found, INSTANCE)}


def user_data(found: Run, origin: str) -> str:
    return gzip.decompress(base64.b64decode(instances(found)[origin]["inputs"]["userDataBase64"])).decode()


def secret_of(found: Run) -> str:
    """The random secret, out of a state that shows secrets."""
    state: Any = found.state_with_secrets
    [password] = [one for one in state["deployment"]["resources"] if one["type"] == PASSWORD]
    return json.loads(password["outputs"]["result"]["plaintext"])


def steps(before: Run, *overrides: str, state: Any = None) -> dict[str, str]:
    """What an update does, by resource; nothing of what stays the same."""
    after = run_program("staging", project=PROJECT, overrides=overrides, state=state or before.state)
    return {change.name: change.op for change in after.changes if change.op != "same"}


def errors_of(**config: object) -> list[str]:
    given = {
        f"edge-router-hosts:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in config.items()
    }
    try:
        parse_settings(HostsSettings, given, "edge-router-hosts")
    except SettingsError as error:
        return error.errors
    return []


@pytest.mark.parametrize("stack", ["local", "staging", "prod"])
def test_the_product_creates_no_hosts(stack: str) -> None:
    found = run(stack)
    deployment: Any = found.state["deployment"]
    kinds = {one["type"] for one in deployment["resources"]}
    assert not [kind for kind in kinds if kind.startswith(("aws:ec2", "random:", "aws:apigateway"))]
    assert "customHeaders" not in inputs(found, DISTRIBUTION)["origins"][0]


def test_only_cloudfront_reaches_the_application() -> None:
    group = ec2("SecurityGroup")
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
    assert not {"ingress", "egress"} & ec2("DefaultSecurityGroup").keys()


def test_the_network_gives_names_and_a_way_out() -> None:
    vpc, subnet, routes = ec2("Vpc"), ec2("Subnet"), ec2("RouteTable")
    assert (vpc["enableDnsHostnames"], vpc["enableDnsSupport"]) == (True, True)
    # The first of the zones that have the type, in the order of the alphabet.
    assert subnet["availabilityZone"] == "us-east-1b"
    assert [(one["cidrBlock"], one["gatewayId"][:4]) for one in routes["routes"]] == [("0.0.0.0/0", "igw-")]


def test_a_host_starts_when_it_can_reach_what_it_needs() -> None:
    """Its first minute is spent on the internet; and its role has to have its rights."""
    for instance in instances(run_hosts()).values():
        needed = {urn.rpartition("::")[2] for urn in instance["dependencies"]}
        assert {"hosts-association", "hosts-write-sessions", "hosts-session-manager", "hosts-profile"} <= needed


def test_a_host_is_small_locked_and_without_a_key() -> None:
    found = run_hosts()
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
            "iamInstanceProfile": "edge-router-staging-demo-hosts",
            "metadataOptions": {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 2},
            "rootBlockDevice": {"encrypted": True, "volumeType": "gp3", "volumeSize": 8, "deleteOnTermination": True},
            "userDataReplaceOnChange": True,
            "tags": {"Name": f"edge-router-staging-demo-{origin}"},
        }


def test_each_host_runs_its_version() -> None:
    for origin, code in {"stable": "1", "canary": "2"}.items():
        assert f"\nVERSION_CODE={code}\n" in user_data(run_hosts(), origin)


def test_the_outputs_have_the_form_of_the_settings() -> None:
    found = run_hosts()
    names = {origin: one["outputs"]["publicDns"] for origin, one in instances(found).items()}
    assert all(name.endswith(".compute-1.amazonaws.com") for name in names.values())
    place = {"protocol": "http", "port": 8080}
    assert found.outputs["origins"] == {origin: {"domainName": name, **place} for origin, name in names.items()}
    assert found.outputs["originSecretHeader"] == "x-origin-verify"


def test_cloudfront_sends_a_random_secret_and_the_hosts_know_its_digest_only() -> None:
    found = run_hosts()
    secret = secret_of(found)
    assert re.fullmatch("[A-Za-z0-9]{40}", secret)
    assert secret not in json.dumps(found.state)
    for origin in ("stable", "canary"):
        text = user_data(found, origin)
        assert secret not in text
        assert f"\nORIGIN_SECRET_DIGEST={sha256(secret.encode()).hexdigest()}\n" in text
        assert "\nORIGIN_SECRET_HEADER=x-origin-verify\n" in text


def test_a_configured_secret_and_header_are_taken() -> None:
    found = run_hosts(f"originSecret={CONFIGURED}", "originSecretHeader=x-from-cloudfront")
    assert of_type(found, PASSWORD) == []
    assert CONFIGURED not in json.dumps(found.state)
    assert f"\nORIGIN_SECRET_DIGEST={sha256(CONFIGURED.encode()).hexdigest()}\n" in user_data(found, "canary")
    assert "\nORIGIN_SECRET_HEADER=x-from-cloudfront\n" in user_data(found, "canary")


def test_a_preview_works_before_any_host_has_a_name() -> None:
    found = run_program("staging", project=PROJECT, preview=True)
    assert {change.op for change in found.changes} == {"create"}
    assert found.outputs["origins"] == "[unknown]"


def test_a_second_update_changes_nothing() -> None:
    assert steps(run_hosts()) == {}


def test_another_application_is_other_hosts() -> None:
    found = steps(run_hosts(), "stickySession.expiryAttribute=ttl")
    assert found == {"stable-host": "replace", "canary-host": "replace"}


def test_a_new_image_takes_no_running_host_away() -> None:
    state: Any = copy.deepcopy(run_hosts().state)
    for one in state["deployment"]["resources"]:
        if one["type"] == INSTANCE:
            one["inputs"]["ami"] = one["outputs"]["ami"] = "ami-0123456789abcdef0"
    assert steps(run_hosts(), state=state) == {}


def test_hosts_are_in_the_stacks_region_and_write_home() -> None:
    found = run_hosts("aws:region=eu-west-1")
    assert {one["outputs"]["region"] for one in instances(found).values()} == {"eu-west-1"}
    origins: Any = found.outputs["origins"]
    assert all(one["domainName"].endswith(".eu-west-1.compute.amazonaws.com") for one in origins.values())
    assert "\nAWS_REGION=us-east-1\n" in user_data(found, "stable")


def test_the_shipped_hosts_write_the_table_that_the_shipped_stack_reads() -> None:
    """The same section in both files; the table need not be there yet when the hosts are created."""
    hosts = yaml.safe_load((PROJECT / "Pulumi.staging.yaml").read_text())["config"]
    stack = yaml.safe_load((ROOT / "Pulumi.staging.yaml").read_text())["config"]
    assert hosts["edge-router-hosts:stickySession"] == stack["edge-router:stickySession"]
    [policy] = [one for one in of_type(run_hosts(), "aws:iam/rolePolicy:RolePolicy") if "sessions" in one["urn"]]
    [statement] = json.loads(policy["inputs"]["policy"])["Statement"]
    assert statement["Resource"] == [f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/edge-router-staging-sessions"]


def test_every_key_of_the_project_is_in_its_pulumi_yaml() -> None:
    declared = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())["config"]
    assert set(declared) == set(HostsSettings.keys())


def test_mistakes_are_told_with_their_full_key() -> None:
    assert errors_of(hosts="maybe", tiers=["Gold"], originSecret="short") == [
        "edge-router-hosts:hosts is 'maybe': expected true or false",
        "edge-router-hosts:originSecret has 5 characters: at least 16 random ones keep others out",
        "edge-router-hosts:tiers[0] is 'Gold': a tier has 1 to 32 of a-z, 0-9 and -",
    ]
    assert errors_of(stickySession={"cookie": ""})[0].startswith("edge-router-hosts:stickySession.cookie is ''")


def test_what_the_application_could_not_read_is_told_before_anything_is_made() -> None:
    with pytest.raises(ProgramError) as refused:
        run_program("staging", project=PROJECT, overrides=["stickySession.cookie=s!d"])
    assert str(refused.value) == (
        "1 invalid setting:\n  edge-router-hosts:stickySession does not suit the sample application:"
        " SESSION_COOKIE is \"s!d\"; 1 to 64 letters, digits, '_', '-'"
    )


@pytest.mark.parametrize(("key", "settings"), [("hosts", "origins.stable and origins.canary"), ("tiers", "tier.tiers")])
def test_a_stack_that_asks_for_parts_of_the_demo_is_refused(key: str, settings: str) -> None:
    with pytest.raises(SettingsError) as refused:
        refuse_demo(stack_of("qa", demo={key: True}))
    [text] = refused.value.errors
    assert text.startswith(f"edge-router:demo.{key} is true, but")
    assert f"`make demo-hosts STACK=qa` creates them there, points {settings} at them" in text
    refuse_demo(stack_of("qa", demo={key: False}))


def test_an_update_of_a_stack_that_still_has_the_key_changes_nothing() -> None:
    with pytest.raises(ProgramError, match=r"edge-router:demo\.hosts is true"):
        run_program("staging", state=with_former_hosts())


def test_former_hosts_go_when_the_distribution_has_moved_on() -> None:
    new = run_hosts()
    origins: Any = new.outputs["origins"]
    set_by_connect = [f"origins.{name}.{key}={value}" for name, one in origins.items() for key, value in one.items()]
    after = run_stack("staging", *set_by_connect, f"security.originSecret={secret_of(new)}", state=with_former_hosts())
    order = [change.name for change in after.changes if change.op != "same"]
    [origin] = inputs(after, DISTRIBUTION)["origins"]
    assert origin["domainName"] == origins["stable"]["domainName"]
    assert origin["customOriginConfig"]["httpPort"] == 8080
    assert origin["customHeaders"][0]["value"].items() >= SECRET_KEYS.items()
    gone = {change.name for change in after.changes if change.op == "delete"}
    assert {"stable-host", "canary-host", "hosts-vpc", "origin-secret"} <= gone
    assert order.index("distribution") < min(order.index(name) for name in gone)
    assert {change.op for change in after.changes if change.name in ("sessions", "tenants", "control")} == {"same"}


def with_former_hosts() -> dict[str, Any]:
    """The state of staging as an earlier version left it: with hosts below its own component."""
    state: Any = copy.deepcopy(run_stack("staging").state)
    hosts: Any = run_hosts().state["deployment"]
    text = json.dumps([one for one in hosts["resources"] if one["type"] != "pulumi:pulumi:Stack"])
    text = text.replace("staging::edge-router-hosts::", "staging::edge-router::")
    text = text.replace(
        "::pulumi:pulumi:Stack::edge-router-hosts-staging", "::pulumi:pulumi:Stack::edge-router-staging"
    )
    known = {one["urn"] for one in state["deployment"]["resources"]}
    state["deployment"]["resources"] += [one for one in json.loads(text) if one["urn"] not in known]
    return state


def test_the_connected_stack_is_the_shipped_one_but_for_the_key() -> None:
    assert CONNECTED == "demo.hosts=false"
    assert shipped_stack("staging").settings.demo.hosts
    assert not shipped_stack("staging", CONNECTED).settings.demo.hosts
