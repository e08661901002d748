"""aws:ec2 networks: Vpc, Subnet, InternetGateway, RouteTable and RouteTableAssociation."""

import ipaddress
from collections.abc import Callable, Iterator
from itertools import chain

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import ACCOUNT_ID, HEX, Creation, Properties, ResourceModel, Scope, draw, words
from simulator.standin.model.rules import Rule, numbered_children

VPC_TYPE = "aws:ec2/vpc:Vpc"
SUBNET_TYPE = "aws:ec2/subnet:Subnet"
GATEWAY_TYPE = "aws:ec2/internetGateway:InternetGateway"
ROUTE_TABLE_TYPE = "aws:ec2/routeTable:RouteTable"


def ec2_id(prefix: str) -> Callable[[Creation], str]:
    """`vpc-` and 17 hexadecimal digits, as EC2 names things."""
    return lambda creation: f"{prefix}-{draw(HEX, 17, prefix, creation.urn)}"


def compute_owner(_creation: Creation) -> dict[str, object]:
    """The output that every resource of EC2 has besides its ARN."""
    return {"ownerId": ACCOUNT_ID}


def unknown_id(inputs: Properties, key: str, token: str, scope: Scope) -> Iterator[Failure]:
    """A failure where a reference names nothing that exists."""
    kind = token.rpartition(":")[2]
    yield from scope.missing(key, inputs.get(key), token, kind, by="", error=f"Invalid{kind}ID.NotFound")


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
    for path, route in numbered_children(inputs, "routes"):
        for failure in unknown_id(route, "gatewayId", GATEWAY_TYPE, scope):
            yield Failure(f"{path}.{failure.path}", failure.reason)


def _vpc(creation: Creation) -> dict[str, object]:
    made = {
        "defaultNetworkAclId": "acl",
        "defaultRouteTableId": "rtb",
        "defaultSecurityGroupId": "sg",
        "dhcpOptionsId": "dopt",
    }
    ids: dict[str, object] = {key: f"{prefix}-{draw(HEX, 17, key, creation.urn)}" for key, prefix in made.items()}
    return {**compute_owner(creation), **ids, "mainRouteTableId": ids["defaultRouteTableId"]}


VPC = ResourceModel(
    type=VPC_TYPE,
    modelled=words("cidrBlock enableDnsHostnames enableDnsSupport region tags"),
    identify=ec2_id("vpc"),
    arn="ec2:vpc/{id}",
    compute=_vpc,
    replaces=words("cidrBlock"),
    computed=words(
        "defaultNetworkAclId defaultRouteTableId defaultSecurityGroupId dhcpOptionsId mainRouteTableId ownerId"
    ),
    defaults={"enableDnsHostnames": False, "enableDnsSupport": True, "instanceTenancy": "default"},
    rules={"cidrBlock": network(28, 16)},
)

SUBNET = ResourceModel(
    type=SUBNET_TYPE,
    modelled=words("availabilityZone cidrBlock mapPublicIpOnLaunch region tags vpcId"),
    identify=ec2_id("subnet"),
    arn="ec2:subnet/{id}",
    compute=compute_owner,
    replaces=words("availabilityZone cidrBlock vpcId"),
    computed=words("ownerId"),
    defaults={"mapPublicIpOnLaunch": False},
    rules={"cidrBlock": network(28, 16)},
    check=_check_subnet,
)

INTERNET_GATEWAY = ResourceModel(
    type=GATEWAY_TYPE,
    modelled=words("region tags vpcId"),
    identify=ec2_id("igw"),
    arn="ec2:internet-gateway/{id}",
    compute=compute_owner,
    computed=words("ownerId"),
    check=lambda inputs, scope: unknown_id(inputs, "vpcId", VPC_TYPE, scope),
)

ROUTE_TABLE = ResourceModel(
    type=ROUTE_TABLE_TYPE,
    modelled=words("region routes tags vpcId"),
    identify=ec2_id("rtb"),
    arn="ec2:route-table/{id}",
    compute=compute_owner,
    replaces=words("vpcId"),
    computed=words("ownerId"),
    unordered=words("routes"),
    rules={"routes[*].cidrBlock": network(32, 0)},
    check=_check_routes,
)

ROUTE_TABLE_ASSOCIATION = ResourceModel(
    type="aws:ec2/routeTableAssociation:RouteTableAssociation",
    modelled=words("region routeTableId subnetId"),
    identify=ec2_id("rtbassoc"),
    replaces=words("subnetId"),
    check=lambda inputs, scope: chain(
        unknown_id(inputs, "subnetId", SUBNET_TYPE, scope), unknown_id(inputs, "routeTableId", ROUTE_TABLE_TYPE, scope)
    ),
)

MODELS = (VPC, SUBNET, INTERNET_GATEWAY, ROUTE_TABLE, ROUTE_TABLE_ASSOCIATION)
