"""aws:ec2/securityGroup:SecurityGroup and defaultSecurityGroup:DefaultSecurityGroup, with their rules inline."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Creation, Properties, ResourceModel, Scope, children, words
from simulator.standin.model.rules import Rule, among, between, matching
from simulator.standin.models.ec2.vpc import VPC_TYPE, ec2_id, ec2_outputs, network, unknown_id

SECURITY_GROUP_TYPE = "aws:ec2/securityGroup:SecurityGroup"
_ENDS = words("cidrBlocks ipv6CidrBlocks prefixListIds securityGroups self")
_TEXT = r"[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]{0,255}"
"""What a name and a description may have (CreateSecurityGroup and IpRange, EC2 API reference)."""


def _check_group(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from unknown_id(inputs, "vpcId", VPC_TYPE, scope)
    if str(inputs.get("name", "")).startswith("sg-"):
        yield Failure("name", "cannot begin with sg- (InvalidParameterValue)")
    yield from _rule_failures(inputs)


def _check_default(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from unknown_id(inputs, "vpcId", VPC_TYPE, scope)
    yield from _rule_failures(inputs)


def _rule_failures(inputs: Properties) -> Iterator[Failure]:
    for direction in ("ingress", "egress"):
        for index, one in enumerate(children(inputs, direction)):
            where = f"{direction}[{index}]"
            if not any(one.get(end) for end in _ENDS):
                yield Failure(where, "says neither addresses nor a prefix list nor a group (InvalidParameterValue)")
            first, last = one.get("fromPort"), one.get("toPort")
            if isinstance(first, int) and isinstance(last, int) and first > last:
                yield Failure(f"{where}.fromPort", f"is {first}, which is above toPort {last}")


def _rules() -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for direction in ("ingress", "egress"):
        rules |= {
            f"{direction}[*].protocol": among("tcp", "udp", "icmp", "icmpv6", "-1"),
            f"{direction}[*].fromPort": between(-1, 65_535),
            f"{direction}[*].toPort": between(-1, 65_535),
            f"{direction}[*].cidrBlocks[*]": network(32, 0),
            f"{direction}[*].prefixListIds[*]": matching(r"pl-[0-9a-f]{8,17}", "the id of a prefix list"),
            f"{direction}[*].description": matching(_TEXT, "at most 255 letters, digits and ._-:/()#,@[]+=&;{}!$*"),
        }
    return rules


def _default_id(creation: Creation) -> str:
    """It is there since its network is."""
    return str(creation.scope.existing[VPC_TYPE, str(creation.inputs["vpcId"])].outputs["defaultSecurityGroupId"])


_COMPUTED = words("arn ownerId region tagsAll")

SECURITY_GROUP = ResourceModel(
    type=SECURITY_GROUP_TYPE,
    args="ec2.SecurityGroupArgs",
    modelled=words("description egress ingress name region revokeRulesOnDelete tags vpcId"),
    identify=ec2_id("sg"),
    compute=ec2_outputs("security-group"),
    replaces=words("description name region vpcId"),
    computed=_COMPUTED,
    defaults={"description": "Managed by Pulumi", "revokeRulesOnDelete": False},
    unordered=frozenset({"ingress", "egress", "cidrBlocks", "prefixListIds", "securityGroups"}),
    rules={
        **_rules(),
        "name": matching(_TEXT, "at most 255 letters, digits and ._-:/()#,@[]+=&;{}!$*"),
        "description": matching(_TEXT, "at most 255 letters, digits and ._-:/()#,@[]+=&;{}!$*"),
    },
    check=_check_group,
    named=255,
)

DEFAULT_SECURITY_GROUP = ResourceModel(
    type="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    args="ec2.DefaultSecurityGroupArgs",
    modelled=words("egress ingress region revokeRulesOnDelete tags vpcId"),
    identify=_default_id,
    compute=lambda creation: {
        **ec2_outputs("security-group")(creation),
        "description": "default VPC security group",
        "name": "default",
    },
    replaces=words("region vpcId"),
    computed=_COMPUTED | words("description name"),
    defaults={"revokeRulesOnDelete": False},
    unordered=frozenset({"ingress", "egress"}),
    rules=_rules(),
    check=_check_default,
)
