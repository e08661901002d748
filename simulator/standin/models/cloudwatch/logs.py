"""aws:cloudwatch: LogGroup, LogDeliverySource, LogDeliveryDestination and LogDelivery (CloudFront's logs v2)."""

import string
from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Properties, ResourceModel, Scope, draw, in_region, words
from simulator.standin.model.rules import among, among_aws, child, matching
from simulator.standin.models.iam import statements
from simulator.standin.models.route53 import DISTRIBUTION_TYPE
from simulator.standin.models.s3 import BUCKET_TYPE, POLICY_TYPE

SOURCE_TYPE = "aws:cloudwatch/logDeliverySource:LogDeliverySource"
DESTINATION_TYPE = "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination"
_NAME = matching(r"[\w-]{1,60}", "1 to 60 letters, digits, '-' or '_'")


def _check_source(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    region = inputs.get("region", scope.region)
    yield from scope.missing("resourceArn", inputs.get("resourceArn"), DISTRIBUTION_TYPE, "distribution")
    if region != "us-east-1":
        yield Failure("region", f"is {region}: CloudFront's logs are configured in us-east-1")


def _check_destination(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    arn = child(inputs, "deliveryDestinationConfiguration").get("destinationResourceArn")
    where = "deliveryDestinationConfiguration.destinationResourceArn"
    yield from scope.missing(where, arn, BUCKET_TYPE, "bucket")
    bucket = scope.find(BUCKET_TYPE, arn=arn) if isinstance(arn, str) else None
    if bucket is None:
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


LOG_DELIVERY_SOURCE = ResourceModel(
    type=SOURCE_TYPE,
    modelled=words("logType name region resourceArn tags"),
    arn="logs:delivery-source:{id}",
    compute=lambda _creation: {"service": "cloudfront"},
    replaces=words("logType name resourceArn"),
    computed=words("service"),
    rules={"name": _NAME, "logType": among("ACCESS_LOGS", "CONNECTION_LOGS")},
    check=_check_source,
)

LOG_DELIVERY_DESTINATION = ResourceModel(
    type=DESTINATION_TYPE,
    modelled=words("deliveryDestinationConfiguration name outputFormat region tags"),
    arn="logs:delivery-destination:{id}",
    compute=lambda _creation: {"deliveryDestinationType": "S3"},
    replaces=words("name outputFormat"),
    computed=words("deliveryDestinationType"),
    rules={"name": _NAME, "outputFormat": among_aws("logs", "OutputFormat")},
    check=_check_destination,
)

LOG_DELIVERY = ResourceModel(
    type="aws:cloudwatch/logDelivery:LogDelivery",
    modelled=words("deliveryDestinationArn deliverySourceName region s3DeliveryConfigurations tags"),
    identify=lambda creation: draw(string.ascii_letters + string.digits, 16, creation.urn),
    arn="logs:delivery:{id}",
    replaces=words("deliveryDestinationArn deliverySourceName"),
    rules={
        "s3DeliveryConfigurations[*].suffixPath": matching(
            r"([\w/=-]|\{(DistributionId|distributionid|yyyy|MM|dd|HH|accountid)\}){1,256}",
            "a path with {DistributionId}, {yyyy}, {MM}, {dd}, {HH} or {accountid} in it",
        )
    },
    check=_check_delivery,
)


# PutRetentionPolicy (CloudWatch Logs API reference); 0 is the provider's word for "never expires".
RETENTION_DAYS = (
    *(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

LOG_GROUP_TYPE = "aws:cloudwatch/logGroup:LogGroup"


LOG_GROUP = ResourceModel(
    type=LOG_GROUP_TYPE,
    modelled=words("kmsKeyId logGroupClass name region retentionInDays skipDestroy tags"),
    replaces=words("name logGroupClass"),
    arn="logs:log-group:{id}",
    defaults={"logGroupClass": "STANDARD", "retentionInDays": 0, "skipDestroy": False},
    rules={
        "name": matching(r"[A-Za-z0-9_./#-]{1,512}", "1 to 512 letters, digits or any of _./#-"),
        "retentionInDays": among(*RETENTION_DAYS),
        "logGroupClass": among_aws("logs", "LogGroupClass"),
    },
    named=512,
    unique=in_region("ResourceAlreadyExistsException"),
)

MODELS = (LOG_DELIVERY_SOURCE, LOG_DELIVERY_DESTINATION, LOG_DELIVERY, LOG_GROUP)
