"""aws:ec2 networks: Vpc, Subnet, InternetGateway, RouteTable and RouteTableAssociation."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import (
    ACCOUNT_ID,
    Creation,
    Properties,
    ResourceModel,
    Scope,
    children,
    drawn,
    tags_all,
    words,
)
from simulator.standin.model.rules import Rule

VPC_TYPE = "aws:ec2/vpc:Vpc"
SUBNET_TYPE = "aws:ec2/subnet:Subnet"
GATEWAY_TYPE = "aws:ec2/internetGateway:InternetGateway"
ROUTE_TABLE_TYPE = "aws:ec2/routeTable:RouteTable"
_HEX = "0123456789abcdef"


def ec2_id(prefix: str) -> Callable[[Creation], str]:
    """`vpc-` and 17 hexadecimal digits, as EC2 names things."""
    return lambda creation: f"{prefix}-{drawn(_HEX, 17, prefix, creation.urn)}"


def ec2_outputs(resource: str) -> Callable[[Creation], dict[str, object]]:
    """What every resource of EC2 has: ARN, owner, Region and tags."""
    return lambda creation: {
        "arn": creation.scope.arn("ec2", f"{resource}/{creation.id}", creation.region),
        "ownerId": ACCOUNT_ID,
        "region": creation.region,
        "tagsAll": tags_all(creation),
    }


def unknown_id(inputs: Properties, key: str, token: str, scope: Scope) -> Iterator[Failure]:
    """A reference to something that is not there."""
    value = inputs.get(key)
    if isinstance(value, str) and (token, value) not in scope.existing:
        kind = token.rpartition(":")[2]
        yield Failure(key, f"is {value!r}: there is no such {kind} in this deployment (Invalid{kind}ID.NotFound)")


def network(smallest: int, largest: int) -> Rule:
    """An IPv4 block in CIDR notation, whose mask has from `largest` to `smallest` bits."""

    def rule(value: object) -> str:
        if not isinstance(value, str):
            return ""
        try:
            block = ipaddress.IPv4Network(value)
        except ValueError as error:
            return f"is {value!r}: {error}"
        within = largest <= block.prefixlen <= smallest
        return "" if within else f"is {value!r}: EC2 takes blocks from /{smallest} to /{largest}"

    return rule


def _check_subnet(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from unknown_id(inputs, "vpcId", VPC_TYPE, scope)
    vpc = scope.existing.get((VPC_TYPE, str(inputs.get("vpcId"))))
    block, around = inputs.get("cidrBlock"), vpc.inputs.get("cidrBlock") if vpc else None
    if isinstance(block, str) and isinstance(around, str):
        inner, outer = ipaddress.IPv4Network(block, strict=False), ipaddress.IPv4Network(around, strict=False)
        if not inner.subnet_of(outer):
            yield Failure("cidrBlock", f"is {block!r}, which is not in the network's {around} (InvalidSubnet.Range)")


def _check_routes(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from unknown_id(inputs, "vpcId", VPC_TYPE, scope)
    for index, route in enumerate(children(inputs, "routes")):
        for failure in unknown_id(route, "gatewayId", GATEWAY_TYPE, scope):
            yield Failure(f"routes[{index}].{failure.path}", failure.reason)


def _check_association(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from unknown_id(inputs, "subnetId", SUBNET_TYPE, scope)
    yield from unknown_id(inputs, "routeTableId", ROUTE_TABLE_TYPE, scope)


def _vpc(creation: Creation) -> dict[str, object]:
    made = {
        "defaultNetworkAclId": "acl",
        "defaultRouteTableId": "rtb",
        "defaultSecurityGroupId": "sg",
        "dhcpOptionsId": "dopt",
    }
    ids: dict[str, object] = {key: f"{prefix}-{drawn(_HEX, 17, key, creation.urn)}" for key, prefix in made.items()}
    return {**ec2_outputs("vpc")(creation), **ids, "mainRouteTableId": ids["defaultRouteTableId"]}


_COMMON = words("arn ownerId region tagsAll")

VPC = ResourceModel(
    type=VPC_TYPE,
    args="ec2.VpcArgs",
    modelled=words("cidrBlock enableDnsHostnames enableDnsSupport region tags"),
    identify=ec2_id("vpc"),
    compute=_vpc,
    replaces=words("cidrBlock region"),
    computed=_COMMON
    | words("defaultNetworkAclId defaultRouteTableId defaultSecurityGroupId dhcpOptionsId mainRouteTableId"),
    defaults={"enableDnsHostnames": False, "enableDnsSupport": True, "instanceTenancy": "default"},
    rules={"cidrBlock": network(28, 16)},
)

SUBNET = ResourceModel(
    type=SUBNET_TYPE,
    args="ec2.SubnetArgs",
    modelled=words("availabilityZone cidrBlock mapPublicIpOnLaunch region tags vpcId"),
    identify=ec2_id("subnet"),
    compute=ec2_outputs("subnet"),
    replaces=words("availabilityZone cidrBlock region vpcId"),
    computed=_COMMON,
    defaults={"mapPublicIpOnLaunch": False},
    rules={"cidrBlock": network(28, 16)},
    check=_check_subnet,
)

INTERNET_GATEWAY = ResourceModel(
    type=GATEWAY_TYPE,
    args="ec2.InternetGatewayArgs",
    modelled=words("region tags vpcId"),
    identify=ec2_id("igw"),
    compute=ec2_outputs("internet-gateway"),
    replaces=words("region"),
    computed=_COMMON,
    check=lambda inputs, scope: unknown_id(inputs, "vpcId", VPC_TYPE, scope),
)

ROUTE_TABLE = ResourceModel(
    type=ROUTE_TABLE_TYPE,
    args="ec2.RouteTableArgs",
    modelled=words("region routes tags vpcId"),
    identify=ec2_id("rtb"),
    compute=ec2_outputs("route-table"),
    replaces=words("region vpcId"),
    computed=_COMMON,
    unordered=frozenset({"routes"}),
    rules={"routes[*].cidrBlock": network(32, 0)},
    check=_check_routes,
)

ROUTE_TABLE_ASSOCIATION = ResourceModel(
    type="aws:ec2/routeTableAssociation:RouteTableAssociation",
    args="ec2.RouteTableAssociationArgs",
    modelled=words("region routeTableId subnetId"),
    identify=ec2_id("rtbassoc"),
    compute=lambda creation: {"region": creation.region},
    replaces=words("region subnetId"),
    computed=words("region"),
    check=_check_association,
)
