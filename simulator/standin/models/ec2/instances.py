"""aws:ec2/instance:Instance."""

import base64
import binascii
from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import (
    ACCOUNT_ID,
    HEX,
    Creation,
    Properties,
    ResourceModel,
    Scope,
    digest,
    draw,
    words,
)
from simulator.standin.model.rules import among_aws, between, matching, numbered_items
from simulator.standin.models.ec2.security_groups import SECURITY_GROUP_TYPE
from simulator.standin.models.ec2.vpc import SUBNET_TYPE, VPC_TYPE, unknown_id
from simulator.standin.models.iam import PROFILE_TYPE, ROLE_TYPE, trusted_services

USER_DATA_LIMIT_BYTES = 16 * 1024
"""Raw, before base64 ("Run commands on your Linux instance at launch")."""


def _check_instance(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from unknown_id(inputs, "subnetId", SUBNET_TYPE, scope)
    for path, group in numbered_items(inputs, "vpcSecurityGroupIds"):
        yield from unknown_id({path: group}, path, SECURITY_GROUP_TYPE, scope)
    yield from _profile_failures(inputs, scope)
    yield from _user_data_failures(inputs)


def _profile_failures(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    name = inputs.get("iamInstanceProfile")
    if not isinstance(name, str):
        return
    yield from scope.missing("iamInstanceProfile", name, PROFILE_TYPE, "instance profile", by="name")
    profile = scope.find(PROFILE_TYPE, name=name)
    role = scope.find(ROLE_TYPE, name=profile.inputs.get("role")) if profile else None
    if role is not None and "ec2.amazonaws.com" not in trusted_services(role.inputs):
        yield Failure("iamInstanceProfile", "has a role that does not trust ec2.amazonaws.com")


def _user_data_failures(inputs: Properties) -> Iterator[Failure]:
    data = inputs.get("userDataBase64")
    if data is not None and inputs.get("userDataReplaceOnChange") is not True:
        # It would be written into a host that is stopped for it and never reads it again.
        yield Failure("userDataReplaceOnChange", "must be true: the stand-in does not model user data that changes")
    if not isinstance(data, str):
        return
    try:
        size = len(base64.b64decode(data, validate=True))
    except binascii.Error:
        yield Failure("userDataBase64", "is not base64")
        return
    if size > USER_DATA_LIMIT_BYTES:
        yield Failure("userDataBase64", f"has {size} bytes: EC2 takes {USER_DATA_LIMIT_BYTES}")


def _compute_instance(creation: Creation) -> dict[str, object]:
    subnet = creation.scope.existing[SUBNET_TYPE, str(creation.inputs["subnetId"])]
    vpc = creation.scope.existing.get((VPC_TYPE, str(subnet.inputs["vpcId"])))
    # Addresses that are nobody's (RFC 2544, appendix C.2.2).
    address = ("198", "18", *map(str, digest("address", creation.urn, _started_with(creation.inputs))[:2]))
    has_names = bool(vpc and vpc.inputs.get("enableDnsHostnames"))
    is_public = bool(creation.inputs.get("associatePublicIpAddress", subnet.inputs.get("mapPublicIpOnLaunch")))
    return {
        "ownerId": ACCOUNT_ID,
        "availabilityZone": subnet.inputs.get("availabilityZone", f"{creation.region}a"),
        "instanceState": "running",
        "publicDns": _public_name(creation.region, address) if is_public and has_names else "",
        "publicIp": ".".join(address) if is_public else "",
    }


def _public_name(region: str, address: tuple[str, ...]) -> str:
    """The Region is in it but for us-east-1 ("EC2 instance hostnames and domains")."""
    domain = "compute-1" if region == "us-east-1" else f"{region}.compute"
    return f"ec2-{'-'.join(address)}.{domain}.amazonaws.com"


def _started_with(inputs: Properties) -> dict[str, object]:
    """Another one of these is another instance, at another address."""
    return {key: inputs.get(key) for key in ("ami", "userDataBase64")}


INSTANCE = ResourceModel(
    type="aws:ec2/instance:Instance",
    arn="ec2:instance/{id}",
    modelled=words(
        "ami associatePublicIpAddress iamInstanceProfile instanceType metadataOptions region rootBlockDevice subnetId"
        " tags userDataBase64 userDataReplaceOnChange vpcSecurityGroupIds"
    ),
    identify=lambda creation: f"i-{draw(HEX, 17, creation.urn, _started_with(creation.inputs))}",
    compute=_compute_instance,
    replaces=words("ami associatePublicIpAddress subnetId userDataBase64"),
    computed=words("availabilityZone instanceState ownerId publicDns publicIp"),
    defaults={"getPasswordData": False, "sourceDestCheck": True},
    unordered=words("vpcSecurityGroupIds"),
    rules={
        "ami": matching(r"ami-([0-9a-f]{8}|[0-9a-f]{17})", "the id of an image"),
        "instanceType": among_aws("ec2", "InstanceType"),
        "metadataOptions.httpTokens": among_aws("ec2", "HttpTokensState"),
        "metadataOptions.httpEndpoint": among_aws("ec2", "InstanceMetadataEndpointState"),
        "metadataOptions.httpPutResponseHopLimit": between(1, 64),
        "rootBlockDevice.volumeType": among_aws("ec2", "VolumeType"),
        "rootBlockDevice.volumeSize": between(1, 65_536),
    },
    check=_check_instance,
)

MODELS = (INSTANCE,)
