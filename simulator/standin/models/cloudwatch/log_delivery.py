"""aws:cloudwatch/logDeliverySource, logDeliveryDestination and logDelivery: vended logs, which CloudFront's v2 are."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Creation, Properties, ResourceModel, Scope, child, drawn, tags_all, words
from simulator.standin.model.rules import among, among_aws, matching
from simulator.standin.models.iam.roles import statements
from simulator.standin.models.route53.records import DISTRIBUTION_TYPE
from simulator.standin.models.s3.buckets import BUCKET_TYPE, POLICY_TYPE

SOURCE_TYPE = "aws:cloudwatch/logDeliverySource:LogDeliverySource"
DESTINATION_TYPE = "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination"
_NAME = matching(r"[\w-]{1,60}", "1 to 60 letters, digits, '-' or '_'")


def _check_source(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    arn, region = inputs.get("resourceArn"), inputs.get("region", scope.region)
    if isinstance(arn, str) and scope.find(DISTRIBUTION_TYPE, arn=arn) is None:
        yield Failure("resourceArn", f"is {arn!r}: there is no such distribution in this deployment")
    if region != "us-east-1":
        yield Failure("region", f"is {region}: CloudFront's logs are configured in us-east-1")


def _check_destination(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    arn = child(inputs, "deliveryDestinationConfiguration").get("destinationResourceArn")
    if not isinstance(arn, str):
        return
    where = "deliveryDestinationConfiguration.destinationResourceArn"
    bucket = scope.find(BUCKET_TYPE, arn=arn)
    if bucket is None:
        yield Failure(where, f"is {arn!r}: there is no such bucket in this deployment")
        return
    policy = scope.find(POLICY_TYPE, bucket=bucket.outputs["bucket"])
    allowed = [one for one in statements(policy.outputs.get("policy") if policy else None) if _lets_in(one)]
    if not allowed:
        yield Failure(where, f"is {arn!r}, whose policy does not let delivery.logs.amazonaws.com write")


def _lets_in(statement: Properties) -> bool:
    principal = child(statement, "Principal").get("Service")
    return (statement.get("Effect"), principal) == ("Allow", "delivery.logs.amazonaws.com")


def _check_delivery(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    source, destination = inputs.get("deliverySourceName"), inputs.get("deliveryDestinationArn")
    if isinstance(source, str) and scope.find(SOURCE_TYPE, name=source) is None:
        yield Failure("deliverySourceName", f"is {source!r}: there is no such source (ResourceNotFoundException)")
    if isinstance(destination, str) and scope.find(DESTINATION_TYPE, arn=destination) is None:
        yield Failure("deliveryDestinationArn", f"is {destination!r}: there is no such destination")


def _compute_source(creation: Creation) -> dict[str, object]:
    arn = creation.scope.arn("logs", f"delivery-source:{creation.id}", creation.region)
    return {"arn": arn, "region": creation.region, "service": "cloudfront", "tagsAll": tags_all(creation)}


def _compute_destination(creation: Creation) -> dict[str, object]:
    arn = creation.scope.arn("logs", f"delivery-destination:{creation.id}", creation.region)
    return {
        "arn": arn,
        "deliveryDestinationType": "S3",
        "region": creation.region,
        "tagsAll": tags_all(creation),
    }


def _compute_delivery(creation: Creation) -> dict[str, object]:
    arn = creation.scope.arn("logs", f"delivery:{creation.id}", creation.region)
    return {"arn": arn, "region": creation.region, "tagsAll": tags_all(creation)}


LOG_DELIVERY_SOURCE = ResourceModel(
    type=SOURCE_TYPE,
    args="cloudwatch.LogDeliverySourceArgs",
    modelled=words("logType name region resourceArn tags"),
    identify=lambda creation: str(creation.inputs["name"]),
    compute=_compute_source,
    replaces=words("logType name region resourceArn"),
    computed=words("arn region service tagsAll"),
    rules={"name": _NAME, "logType": among("ACCESS_LOGS", "CONNECTION_LOGS")},
    check=_check_source,
)

LOG_DELIVERY_DESTINATION = ResourceModel(
    type=DESTINATION_TYPE,
    args="cloudwatch.LogDeliveryDestinationArgs",
    modelled=words("deliveryDestinationConfiguration name outputFormat region tags"),
    identify=lambda creation: str(creation.inputs["name"]),
    compute=_compute_destination,
    replaces=words("name region outputFormat"),
    computed=words("arn deliveryDestinationType region tagsAll"),
    rules={"name": _NAME, "outputFormat": among_aws("logs", "OutputFormat")},
    check=_check_destination,
)

LOG_DELIVERY = ResourceModel(
    type="aws:cloudwatch/logDelivery:LogDelivery",
    args="cloudwatch.LogDeliveryArgs",
    modelled=words("deliveryDestinationArn deliverySourceName region s3DeliveryConfigurations tags"),
    identify=lambda creation: drawn("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 16, creation.urn),
    compute=_compute_delivery,
    replaces=words("deliveryDestinationArn deliverySourceName region"),
    computed=words("arn region tagsAll"),
    rules={
        "s3DeliveryConfigurations[*].suffixPath": matching(
            r"([\w/=-]|\{(DistributionId|distributionid|yyyy|MM|dd|HH|accountid)\}){1,256}",
            "a path with {DistributionId}, {yyyy}, {MM}, {dd}, {HH} or {accountid} in it",
        )
    },
    check=_check_delivery,
)
