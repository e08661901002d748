"""The resource types the stand-in answers for: one line per type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .alarms import DASHBOARD, LOG_METRIC_FILTER, METRIC_ALARM, QUERY_DEFINITION
from .buckets import (
    BUCKET,
    BUCKET_ACL,
    BUCKET_POLICY,
    ENCRYPTION,
    LIFECYCLE,
    OWNERSHIP_CONTROLS,
    PUBLIC_ACCESS_BLOCK,
    VERSIONING,
)
from .certificates import CERTIFICATE, CERTIFICATE_VALIDATION
from .code_build import PROJECT
from .code_pipeline import PIPELINE
from .distribution import DISTRIBUTION
from .dns import RECORD
from .dynamodb import TABLE
from .events import EVENT_RULE, EVENT_TARGET, PERMISSION
from .iam import ROLE, ROLE_POLICY
from .instances import INSTANCE, INSTANCE_PROFILE
from .lambda_function import FUNCTION
from .log_delivery import LOG_DELIVERY, LOG_DELIVERY_DESTINATION, LOG_DELIVERY_SOURCE
from .logs import LOG_GROUP
from .policies import CACHE_POLICY, ORIGIN_REQUEST_POLICY
from .random_password import RANDOM_PASSWORD
from .response_headers import RESPONSE_HEADERS_POLICY
from .rest_api import DEPLOYMENT, RESOURCE, REST_API, STAGE
from .rest_api_methods import INTEGRATION, INTEGRATION_RESPONSE, METHOD, METHOD_RESPONSE
from .security_groups import DEFAULT_SECURITY_GROUP, SECURITY_GROUP
from .sns import TOPIC, TOPIC_POLICY, TOPIC_SUBSCRIPTION
from .table_item import TABLE_ITEM
from .viewer_function import KEY_VALUE_STORE, KEY_VALUES, VIEWER_FUNCTION
from .vpc import INTERNET_GATEWAY, ROUTE_TABLE, ROUTE_TABLE_ASSOCIATION, SUBNET, VPC

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.standin.model.model import ResourceModel

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
