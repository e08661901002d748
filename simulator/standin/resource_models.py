"""The resource types that the stand-in models; each module lists its own in MODELS."""

from collections.abc import Mapping

from simulator.standin.model.model import ResourceModel
from simulator.standin.models import (
    acm,
    code_pipeline,
    dynamodb,
    eventbridge,
    iam,
    lambda_,
    random_password,
    route53,
    s3,
    sns,
)
from simulator.standin.models.api_gateway import methods, rest_api
from simulator.standin.models.cloudfront import distribution, function, origins, policies
from simulator.standin.models.cloudwatch import alarms, logs
from simulator.standin.models.ec2 import instances, security_groups, vpc

_MODULES = (
    *(acm, code_pipeline, dynamodb, eventbridge, iam, lambda_, random_password, route53, s3, sns),
    *(methods, rest_api, distribution, function, origins, policies, alarms, logs, instances, security_groups, vpc),
)
MODELS: Mapping[str, ResourceModel] = {model.type: model for module in _MODULES for model in module.MODELS}
