"""aws:ec2/securityGroup:SecurityGroup and defaultSecurityGroup:DefaultSecurityGroup, with their rules inline."""

from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import ACCOUNT_ID, Creation, Properties, ResourceModel, Scope, words
from simulator.standin.model.rules import Rule, among, between, matching, numbered_children
from simulator.standin.models.ec2.vpc import VPC_TYPE, compute_owner, ec2_id, network, unknown_id

SECURITY_GROUP_TYPE = "aws:ec2/securityGroup:SecurityGroup"
_ENDS = words("cidrBlocks ipv6CidrBlocks prefixListIds securityGroups self")
_TEXT = matching(r"[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]{0,255}", "at most 255 letters, digits and ._-:/()#,@[]+=&;{}!$*")
"""A name and a description (CreateSecurityGroup and IpRange, EC2 API reference)."""


def _check_group(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from unknown_id(inputs, "vpcId", VPC_TYPE, scope)
    if str(inputs.get("name", "")).startswith("sg-"):
        yield Failure("name", "cannot begin with sg- (InvalidParameterValue)")
    yield from _rule_failures(inputs)


def _rule_failures(inputs: Properties) -> Iterator[Failure]:
    for direction in ("ingress", "egress"):
        for where, one in numbered_children(inputs, direction):
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
            f"{direction}[*].description": _TEXT,
        }
    return rules


def _default_id(creation: Creation) -> str:
    """The group that exists since its network does."""
    return str(creation.scope.existing[VPC_TYPE, str(creation.inputs["vpcId"])].outputs["defaultSecurityGroupId"])


SECURITY_GROUP = ResourceModel(
    type=SECURITY_GROUP_TYPE,
    modelled=words("description egress ingress name region revokeRulesOnDelete tags vpcId"),
    identify=ec2_id("sg"),
    arn="ec2:security-group/{id}",
    compute=compute_owner,
    replaces=words("description name vpcId"),
    computed=words("ownerId"),
    defaults={"description": "Managed by Pulumi", "revokeRulesOnDelete": False},
    unordered=words("ingress egress cidrBlocks prefixListIds securityGroups"),
    rules={**_rules(), "name": _TEXT, "description": _TEXT},
    check=_check_group,
    named=255,
)

DEFAULT_SECURITY_GROUP = ResourceModel(
    type="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    modelled=words("egress ingress region revokeRulesOnDelete tags vpcId"),
    identify=_default_id,
    arn="ec2:security-group/{id}",
    compute=lambda _creation: {"description": "default VPC security group", "name": "default", "ownerId": ACCOUNT_ID},
    replaces=words("vpcId"),
    computed=words("description name ownerId"),
    defaults={"revokeRulesOnDelete": False},
    unordered=words("ingress egress"),
    rules=_rules(),
    check=_check_group,
)

MODELS = (SECURITY_GROUP, DEFAULT_SECURITY_GROUP)
