"""The hosts of the sample application: one small machine behind each of the origins stable and canary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import pulumi
import pulumi_aws as aws

from demo.hosts.network import HostNetwork
from demo.hosts.role import HostRole
from demo.hosts.user_data import encode, image_files, script

INSTANCE_TYPE = "t4g.nano"
IMAGE_PARAMETER = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
"""The newest Amazon Linux 2023 for arm64, a public parameter of AWS's ("Reference the latest AMIs using Systems Manager
public parameters")."""
METADATA_HOPS = 2
"""A container is one hop further from the instance's metadata, where it gets its credentials."""
ROOT_GIB = 8


@dataclass(frozen=True)
class HostsArgs:
    """`environments` are those of the application by origin, `table_arn` is the sessions table's, and `secret` what
    CloudFront says in the header `secret_header`. Names begin with `prefix`.
    """

    prefix: str
    environments: Mapping[str, Mapping[str, str]]
    table_arn: pulumi.Output[str]
    secret_header: str
    secret: pulumi.Output[str]


class Hosts(pulumi.ComponentResource):
    """One instance for each origin; `names` are their public DNS names, which AWS gives them when they start.

    Another application or environment is another host, with another name.
    """

    names: pulumi.Output[dict[str, str]]

    def __init__(self, name: str, args: HostsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:Hosts", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._network = HostNetwork("host-network", args.prefix, INSTANCE_TYPE, child)
        self._role = HostRole("host-role", args.prefix, args.table_arn, child)
        image = aws.ssm.get_parameter_output(name=IMAGE_PARAMETER, opts=pulumi.InvokeOutputOptions(parent=self))
        # A new image is no reason to take a running host away.
        own = pulumi.ResourceOptions(
            parent=self, depends_on=[self._network.is_connected, *self._role.policies], ignore_changes=["ami"]
        )
        hosts = {
            origin: aws.ec2.Instance(f"{origin}-host", self._instance(origin, args, image.insecure_value), own)
            for origin in args.environments
        }
        self.names = pulumi.Output.all(**{origin: host.public_dns for origin, host in hosts.items()})
        self.register_outputs({"names": self.names})

    def _instance(self, origin: str, args: HostsArgs, image_id: pulumi.Output[str]) -> aws.ec2.InstanceArgs:
        return aws.ec2.InstanceArgs(
            ami=image_id,
            instance_type=INSTANCE_TYPE,
            subnet_id=self._network.subnet_id,
            associate_public_ip_address=True,
            vpc_security_group_ids=[self._network.security_group_id],
            iam_instance_profile=self._role.profile,
            metadata_options=aws.ec2.InstanceMetadataOptionsArgs(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=METADATA_HOPS
            ),
            root_block_device=aws.ec2.InstanceRootBlockDeviceArgs(
                encrypted=True, volume_type="gp3", volume_size=ROOT_GIB, delete_on_termination=True
            ),
            user_data_base64=_user_data(args, origin),
            user_data_replace_on_change=True,
            tags={"Name": f"{args.prefix}-{origin}"},
        )


def _user_data(args: HostsArgs, origin: str) -> pulumi.Output[str]:
    """With the secret's digest only, for who may look at an instance may read its user data."""
    environment = {**args.environments[origin], "ORIGIN_SECRET_HEADER": args.secret_header}
    digest = pulumi.Output.unsecret(args.secret.apply(lambda secret: sha256(secret.encode()).hexdigest()))
    return digest.apply(lambda known: encode(script(image_files(), {**environment, "ORIGIN_SECRET_DIGEST": known})))
