"""The resource types the stand-in answers for: one line per type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .distribution import DISTRIBUTION
from .dynamodb import TABLE
from .iam import ROLE, ROLE_POLICY
from .lambda_function import FUNCTION
from .logs import LOG_GROUP
from .policies import CACHE_POLICY, ORIGIN_REQUEST_POLICY
from .rest_api import DEPLOYMENT, RESOURCE, REST_API, STAGE
from .rest_api_methods import INTEGRATION, INTEGRATION_RESPONSE, METHOD, METHOD_RESPONSE
from .viewer_function import KEY_VALUE_STORE, KEY_VALUES, VIEWER_FUNCTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.standin.model import ResourceModel

MODELS: Mapping[str, ResourceModel] = {
    model.type: model
    for model in (
        TABLE,
        ROLE,
        ROLE_POLICY,
        FUNCTION,
        LOG_GROUP,
        CACHE_POLICY,
        ORIGIN_REQUEST_POLICY,
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
    )
}
