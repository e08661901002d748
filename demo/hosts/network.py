"""The network of the sample application's hosts, which only CloudFront can reach into."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from demo.hosts.user_data import HOST_PORT

ADDRESSES = "10.64.0.0/24"
ANYWHERE = "0.0.0.0/0"
HTTPS_PORT = 443
ORIGIN_FACING = "com.amazonaws.global.cloudfront.origin-facing"
"""The addresses from which CloudFront asks origins ("Locations and IP address ranges of CloudFront edge servers")."""


class HostNetwork(pulumi.ComponentResource):
    """One public subnet, and a security group that lets CloudFront in and https out. Accounts may have no default VPC.

    `is_connected` is what has to be there before a host can reach the internet.
    """

    subnet_id: pulumi.Output[str]
    security_group_id: pulumi.Output[str]

    def __init__(self, name: str, prefix: str, instance_type: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:HostNetwork", name, None, opts)
        self._child, self._tags = pulumi.ResourceOptions(parent=self), {"Name": f"{prefix}-hosts"}
        # Hosts have public DNS names only where the network gives them some ("DNS attributes for your VPC").
        vpc = aws.ec2.Vpc(
            "hosts-vpc",
            cidr_block=ADDRESSES,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=self._tags,
            opts=self._child,
        )
        # Whatever gets no security group of its own gets this one: it lets nothing through.
        aws.ec2.DefaultSecurityGroup("hosts-default-group", vpc_id=vpc.id, tags=self._tags, opts=self._child)
        subnet = aws.ec2.Subnet(
            "hosts-subnet",
            vpc_id=vpc.id,
            cidr_block=ADDRESSES,
            availability_zone=self._zone_with(instance_type),
            tags=self._tags,
            # The first zone of the list may become another one; hosts need not move for that.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["availabilityZone"]),
        )
        self.is_connected = self._way_out(vpc, subnet)
        self.subnet_id, self.security_group_id = subnet.id, self._security_group(vpc, prefix).id
        self.register_outputs({"subnetId": self.subnet_id, "securityGroupId": self.security_group_id})

    def _zone_with(self, instance_type: str) -> pulumi.Output[str]:
        """Not every zone has every type, and EC2 would choose one without looking."""
        offered = aws.ec2.get_instance_type_offerings_output(
            location_type="availability-zone",
            filters=[aws.ec2.GetInstanceTypeOfferingsFilterArgs(name="instance-type", values=[instance_type])],
            opts=pulumi.InvokeOutputOptions(parent=self),
        )
        return offered.locations.apply(lambda zones: _first(zones, instance_type))

    def _way_out(self, vpc: aws.ec2.Vpc, subnet: aws.ec2.Subnet) -> pulumi.Resource:
        gateway = aws.ec2.InternetGateway("hosts-gateway", vpc_id=vpc.id, tags=self._tags, opts=self._child)
        routes = aws.ec2.RouteTable(
            "hosts-routes",
            vpc_id=vpc.id,
            routes=[aws.ec2.RouteTableRouteArgs(cidr_block=ANYWHERE, gateway_id=gateway.id)],
            tags=self._tags,
            opts=self._child,
        )
        return aws.ec2.RouteTableAssociation(
            "hosts-association", subnet_id=subnet.id, route_table_id=routes.id, opts=self._child
        )

    def _security_group(self, vpc: aws.ec2.Vpc, prefix: str) -> aws.ec2.SecurityGroup:
        """Out: packages, images and AWS, all over https. DNS, time and metadata pass by security groups."""
        cloudfront = aws.ec2.get_managed_prefix_list_output(
            name=ORIGIN_FACING, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        return aws.ec2.SecurityGroup(
            "hosts-group",
            name=f"{prefix}-hosts",
            description="Sample application: from CloudFront only",
            vpc_id=vpc.id,
            ingress=[
                aws.ec2.SecurityGroupIngressArgs(
                    description="CloudFront to the application",
                    protocol="tcp",
                    from_port=HOST_PORT,
                    to_port=HOST_PORT,
                    prefix_list_ids=[cloudfront.id],
                )
            ],
            egress=[
                aws.ec2.SecurityGroupEgressArgs(
                    description="Packages, images, DynamoDB and Systems Manager",
                    protocol="tcp",
                    from_port=HTTPS_PORT,
                    to_port=HTTPS_PORT,
                    cidr_blocks=[ANYWHERE],
                )
            ],
            tags=self._tags,
            opts=self._child,
        )


def _first(zones: list[str], instance_type: str) -> str:
    if not zones:
        raise pulumi.RunError(f"aws:region: there is no {instance_type} in it, choose another Region")
    return min(zones)
