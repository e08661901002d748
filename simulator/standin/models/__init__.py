"""The resource types the stand-in answers for: one line per type."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.standin.model.model import ResourceModel
from simulator.standin.models.acm.certificates import CERTIFICATE, CERTIFICATE_VALIDATION
from simulator.standin.models.api_gateway.methods import INTEGRATION, INTEGRATION_RESPONSE, METHOD, METHOD_RESPONSE
from simulator.standin.models.api_gateway.rest_api import DEPLOYMENT, RESOURCE, REST_API, STAGE
from simulator.standin.models.cloudfront.distribution import DISTRIBUTION
from simulator.standin.models.cloudfront.function import KEY_VALUE_STORE, KEY_VALUES, VIEWER_FUNCTION
from simulator.standin.models.cloudfront.policies import CACHE_POLICY, ORIGIN_REQUEST_POLICY
from simulator.standin.models.cloudfront.response_headers import RESPONSE_HEADERS_POLICY
from simulator.standin.models.cloudwatch.alarms import DASHBOARD, LOG_METRIC_FILTER, METRIC_ALARM, QUERY_DEFINITION
from simulator.standin.models.cloudwatch.log_delivery import LOG_DELIVERY, LOG_DELIVERY_DESTINATION, LOG_DELIVERY_SOURCE
from simulator.standin.models.cloudwatch.logs import LOG_GROUP
from simulator.standin.models.code_build.project import PROJECT
from simulator.standin.models.code_pipeline.pipeline import PIPELINE
from simulator.standin.models.dynamodb.item import TABLE_ITEM
from simulator.standin.models.dynamodb.table import TABLE
from simulator.standin.models.ec2.instances import INSTANCE, INSTANCE_PROFILE
from simulator.standin.models.ec2.security_groups import DEFAULT_SECURITY_GROUP, SECURITY_GROUP
from simulator.standin.models.ec2.vpc import INTERNET_GATEWAY, ROUTE_TABLE, ROUTE_TABLE_ASSOCIATION, SUBNET, VPC
from simulator.standin.models.eventbridge.rules import EVENT_RULE, EVENT_TARGET, PERMISSION
from simulator.standin.models.iam.roles import ROLE, ROLE_POLICY
from simulator.standin.models.lambda_.function import FUNCTION
from simulator.standin.models.random.password import RANDOM_PASSWORD
from simulator.standin.models.route53.records import RECORD
from simulator.standin.models.s3.buckets import (
    BUCKET,
    BUCKET_ACL,
    BUCKET_POLICY,
    ENCRYPTION,
    LIFECYCLE,
    OWNERSHIP_CONTROLS,
    PUBLIC_ACCESS_BLOCK,
    VERSIONING,
)
from simulator.standin.models.sns.topics import TOPIC, TOPIC_POLICY, TOPIC_SUBSCRIPTION

MODELS: Mapping[str, ResourceModel] = {
    model.type: model
    for model in (
        TABLE,
        TABLE_ITEM,
        ROLE,
        ROLE_POLICY,
        VPC,
        SUBNET,
        INTERNET_GATEWAY,
        ROUTE_TABLE,
        ROUTE_TABLE_ASSOCIATION,
        SECURITY_GROUP,
        DEFAULT_SECURITY_GROUP,
        INSTANCE_PROFILE,
        INSTANCE,
        RANDOM_PASSWORD,
        FUNCTION,
        PERMISSION,
        EVENT_RULE,
        EVENT_TARGET,
        TOPIC,
        TOPIC_SUBSCRIPTION,
        TOPIC_POLICY,
        LOG_METRIC_FILTER,
        METRIC_ALARM,
        DASHBOARD,
        QUERY_DEFINITION,
        LOG_GROUP,
        CACHE_POLICY,
        ORIGIN_REQUEST_POLICY,
        RESPONSE_HEADERS_POLICY,
        CERTIFICATE,
        CERTIFICATE_VALIDATION,
        RECORD,
        BUCKET,
        PUBLIC_ACCESS_BLOCK,
        ENCRYPTION,
        OWNERSHIP_CONTROLS,
        BUCKET_ACL,
        BUCKET_POLICY,
        VERSIONING,
        LIFECYCLE,
        LOG_DELIVERY_SOURCE,
        LOG_DELIVERY_DESTINATION,
        LOG_DELIVERY,
        KEY_VALUE_STORE,
        KEY_VALUES,
        VIEWER_FUNCTION,
        REST_API,
        RESOURCE,
        METHOD,
        INTEGRATION,
        METHOD_RESPONSE,
        INTEGRATION_RESPONSE,
        DEPLOYMENT,
        STAGE,
        DISTRIBUTION,
        PROJECT,
        PIPELINE,
    )
}
