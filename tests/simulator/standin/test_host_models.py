"""What hosts need of the stand-in: networks, security groups, instances, what they are asked about, and passwords."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from simulator.standin.model.errors import DataSourceError
from simulator.standin.model.model import Known
from simulator.standin.provider import StandIn
from simulator.standin.state import WITHHELD

pytestmark = pytest.mark.long  # the sample's hosts: pulumi_aws.ec2 alone takes seconds to compile

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
GATEWAY = "aws:ec2/internetGateway:InternetGateway"
ROUTES = "aws:ec2/routeTable:RouteTable"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
INSTANCE = "aws:ec2/instance:Instance"
PROFILE = "aws:iam/instanceProfile:InstanceProfile"
ROLE = "aws:iam/role:Role"
PASSWORD = "random:index/randomPassword:RandomPassword"
IMAGE = "ami-0123456789abcdef0"


def urn(kind: str) -> str:
    return f"urn:pulumi:dev::edge-router::{kind}::sample"


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Account:
    """A stand-in with a network, a group and a profile."""

    def __init__(self, *, has_names: bool = True, region: str = "us-east-1") -> None:
        self.stand_in = StandIn(region)
        self.vpc, self.vpc_outputs = self.create(VPC, cidrBlock="10.64.0.0/24", enableDnsHostnames=has_names)
        self.subnet, _ = self.create(SUBNET, vpcId=self.vpc, cidrBlock="10.64.0.0/25")
        self.group, _ = self.create(GROUP, vpcId=self.vpc, name="hosts")
        self.create(ROLE, name="hosts", assumeRolePolicy=trust("ec2.amazonaws.com"))
        self.create(PROFILE, name="hosts", role="hosts")

    def create(self, kind: str, **inputs: Any) -> tuple[str, dict[str, Any]]:
        checked, failures = self.stand_in.check(kind, urn(kind), inputs)
        assert failures == []
        return self.stand_in.create(kind, urn(kind), checked)

    def failures(self, kind: str, **inputs: Any) -> list[str]:
        return [str(failure) for failure in self.stand_in.check(kind, urn(kind), inputs)[1]]

    def instance(self, **changes: Any) -> dict[str, Any]:
        shared = {"ami": IMAGE, "instanceType": "t4g.nano", "subnetId": self.subnet, "iamInstanceProfile": "hosts"}
        return {**shared, "vpcSecurityGroupIds": [self.group], "associatePublicIpAddress": True, **changes}


@pytest.fixture
def account() -> Account:
    return Account()


def test_ids_and_arns_have_the_forms_of_ec2(account: Account) -> None:
    assert account.vpc.startswith("vpc-")
    assert len(account.vpc) == len("vpc-0123456789abcdef0")
    assert account.vpc_outputs["arn"] == f"arn:aws:ec2:us-east-1:123456789012:vpc/{account.vpc}"
    gateway, _ = account.create(GATEWAY, vpcId=account.vpc)
    routes, _ = account.create(ROUTES, vpcId=account.vpc, routes=[{"cidrBlock": "0.0.0.0/0", "gatewayId": gateway}])
    association, _ = account.create(ASSOCIATION, subnetId=account.subnet, routeTableId=routes)
    assert [one.partition("-")[0] for one in (account.subnet, gateway, routes, association)] == [
        "subnet",
        "igw",
        "rtb",
        "rtbassoc",
    ]


def test_the_default_group_is_the_networks_own(account: Account) -> None:
    identity, outputs = account.create(DEFAULT_GROUP, vpcId=account.vpc)
    assert (identity, outputs["name"]) == (account.vpc_outputs["defaultSecurityGroupId"], "default")


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (SUBNET, "vpcId"),
        (GATEWAY, "vpcId"),
        (ROUTES, "vpcId"),
        (GROUP, "vpcId"),
        (DEFAULT_GROUP, "vpcId"),
    ],
)
def test_a_network_has_to_be_there(account: Account, kind: str, key: str) -> None:
    expected = f"{key}: is 'vpc-0': there is no such Vpc in this deployment (InvalidVpcID.NotFound)"
    assert account.failures(kind, **{key: "vpc-0"}) == [expected]


def test_a_route_and_an_association_lead_to_what_is_there(account: Account) -> None:
    assert account.failures(ROUTES, vpcId=account.vpc, routes=[{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-0"}]) == [
        "routes[0].gatewayId: is 'igw-0': there is no such InternetGateway in this deployment"
        " (InvalidInternetGatewayID.NotFound)"
    ]
    assert [text.partition(":")[0] for text in account.failures(ASSOCIATION, subnetId="s", routeTableId="r")] == [
        "subnetId",
        "routeTableId",
    ]


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        ("10.64.0.0/8", "is '10.64.0.0/8': 10.64.0.0/8 has host bits set"),
        ("10.0.0.0/8", "is '10.0.0.0/8': EC2 takes blocks from /28 to /16"),
        ("10.64.1.0/25", "is '10.64.1.0/25', which is not in the network's 10.64.0.0/24 (InvalidSubnet.Range)"),
    ],
)
def test_a_subnet_lies_in_its_network(account: Account, block: str, problem: str) -> None:
    assert account.failures(SUBNET, vpcId=account.vpc, cidrBlock=block)[0] == f"cidrBlock: {problem}"


RULE = {"protocol": "tcp", "fromPort": 8080, "toPort": 8080}


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (RULE, "ingress[0]: says neither addresses nor a prefix list nor a group (InvalidParameterValue)"),
        ({**RULE, "cidrBlocks": ["anywhere"]}, "ingress[0].cidrBlocks[0]: is 'anywhere': "),
        ({**RULE, "prefixListIds": ["cloudfront"]}, "ingress[0].prefixListIds[0]: is 'cloudfront': must be the id of"),
        ({**RULE, "prefixListIds": ["pl-01234567"], "toPort": 80}, "ingress[0].fromPort: is 8080, which is above"),
        ({**RULE, "prefixListIds": ["pl-01234567"], "protocol": "http"}, "ingress[0].protocol: is 'http': AWS allows"),
        ({**RULE, "prefixListIds": ["pl-01234567"], "description": "it's"}, 'ingress[0].description: is "it\'s": must'),
    ],
)
def test_a_rule_is_one_that_ec2_takes(account: Account, rule: dict[str, Any], problem: str) -> None:
    [failure] = account.failures(GROUP, vpcId=account.vpc, name="hosts", ingress=[rule])
    assert failure.startswith(problem)


def test_a_host_has_a_public_name_where_the_network_gives_names() -> None:
    def name(**changes: Any) -> str:
        account = Account(**changes)
        return account.create(INSTANCE, **account.instance())[1]["publicDns"]

    assert name().startswith("ec2-198-18-")
    assert name().endswith(".compute-1.amazonaws.com")
    assert name(region="eu-west-1").endswith(".eu-west-1.compute.amazonaws.com")
    assert name(has_names=False) == ""


def test_a_host_without_a_public_address_has_no_public_name(account: Account) -> None:
    _, outputs = account.create(INSTANCE, **account.instance(associatePublicIpAddress=False))
    assert (outputs["publicDns"], outputs["publicIp"]) == ("", "")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"ami": "al2023"}, "ami: is 'al2023': must be the id of an image"),
        ({"subnetId": "subnet-0"}, "subnetId: is 'subnet-0': there is no such Subnet in this deployment"),
        ({"vpcSecurityGroupIds": ["sg-0"]}, "vpcSecurityGroupIds[0]: is 'sg-0': there is no such SecurityGroup"),
        ({"iamInstanceProfile": "other"}, "iamInstanceProfile: is 'other': there is no such instance profile"),
        ({"metadataOptions": {"httpTokens": "maybe"}}, "metadataOptions.httpTokens: is 'maybe': AWS allows"),
        ({"metadataOptions": {"httpPutResponseHopLimit": 65}}, "metadataOptions.httpPutResponseHopLimit: is 65"),
        ({"userDataReplaceOnChange": True, "userDataBase64": "#!"}, "userDataBase64: is not base64"),
        (
            {"userDataReplaceOnChange": True, "userDataBase64": base64.b64encode(bytes(16_385)).decode()},
            "userDataBase64: has 16385 bytes: EC2 takes 16384",
        ),
        ({"userDataBase64": "IyE="}, "userDataReplaceOnChange: must be true: the stand-in does not model user data"),
        ({"keyName": "mine"}, "keyName: the stand-in does not model this property"),
    ],
)
def test_a_host_is_one_that_ec2_starts(account: Account, changes: dict[str, Any], problem: str) -> None:
    [failure] = account.failures(INSTANCE, **account.instance(**changes))
    assert failure.startswith(problem)


def test_a_host_takes_on_roles_for_hosts_only(account: Account) -> None:
    account.create(ROLE, name="edge", assumeRolePolicy=trust("edgelambda.amazonaws.com"))
    account.create(PROFILE, name="edge", role="edge")
    assert account.failures(INSTANCE, **account.instance(iamInstanceProfile="edge")) == [
        "iamInstanceProfile: has a role that does not trust ec2.amazonaws.com"
    ]
    assert account.failures(PROFILE, name="none", role="none") == [
        "role: is 'none': there is no such role in this deployment (NoSuchEntity)"
    ]


def test_images_and_prefix_lists_are_aws_own() -> None:
    stand_in = StandIn("eu-west-1")
    parameter, prefix_list = "aws:ssm/getParameter:getParameter", "aws:ec2/getManagedPrefixList:getManagedPrefixList"
    image = stand_in.invoke(parameter, {"name": "/aws/service/ami-amazon-linux-latest/al2023"})
    assert image["insecureValue"] == image["value"]
    assert str(image["value"]).startswith("ami-")
    with pytest.raises(DataSourceError, match=r"^reading SSM Parameter \(/own\): couldn't find resource$"):
        stand_in.invoke(parameter, {"name": "/own"})
    found = stand_in.invoke(prefix_list, {"name": "com.amazonaws.global.cloudfront.origin-facing"})
    assert (found["ownerId"], str(found["id"])[:3]) == ("AWS", "pl-")
    with pytest.raises(DataSourceError, match=r"no matching EC2 Managed Prefix List found$"):
        stand_in.invoke(prefix_list, {"name": "mine"})


def test_a_type_is_offered_in_some_zones() -> None:
    arguments = {
        "locationType": "availability-zone",
        "filters": [{"name": "instance-type", "values": ["t4g.nano"]}],
    }
    found = StandIn("eu-west-1").invoke("aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings", arguments)
    assert found["locations"] == ["eu-west-1c", "eu-west-1b"]
    assert found["instanceTypes"] == ["t4g.nano"] * 2


def test_a_password_has_the_length_and_letters_that_were_asked_for(account: Account) -> None:
    _, outputs = account.create(PASSWORD, length=40, special=False, upper=False)
    assert len(outputs["result"]) == 40
    assert outputs["result"].isalnum()
    assert outputs["result"] == outputs["result"].lower()
    assert account.failures(PASSWORD, length=8, special=False, upper=False, lower=False, numeric=False) == [
        "allows no character at all: one of lower, upper, numeric and special has to be true"
    ]


def test_a_password_that_a_state_withholds_is_the_one_it_was(account: Account) -> None:
    identity, outputs = account.create(PASSWORD, length=40)
    stored = Known({"length": 40}, {**outputs, "result": WITHHELD, "bcryptHash": WITHHELD})
    assert account.stand_in.recover(PASSWORD, urn(PASSWORD), identity, stored).outputs == outputs


def test_a_provider_of_passwords_has_no_region() -> None:
    assert StandIn().check_config({"version": "4.21.4"}, "random") == []
    assert [str(one) for one in StandIn().check_config({"region": "us-east-1"}, "random")] == [
        "region: the stand-in does not model this provider setting"
    ]
