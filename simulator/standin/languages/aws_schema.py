"""A schema of what the stand-in models of pulumi-aws, for language hosts that need one."""

import json
from functools import cache

from simulator.standin.data_sources import INVOKES
from simulator.standin.model.model import ResourceModel
from simulator.standin.resource_models import MODELS

_ANYTHING = {"$ref": "pulumi.json#/Any"}


@cache
def aws_schema(version: str) -> str:
    """The resources and data sources that the stand-in models, as JSON.

    A property may have any type, and none is required: what is wrong with one, the provider's check tells.
    """
    models = {token: model for token, model in MODELS.items() if token.startswith("aws:")}
    schema = {
        "name": "aws",
        "version": version or "7.0.0",
        "provider": {},
        "resources": {token: _resource(model) for token, model in models.items()},
        "functions": {token: _function() for token in INVOKES if token.startswith("aws:")},
    }
    return json.dumps(schema)


def _resource(model: ResourceModel) -> dict[str, object]:
    inputs = dict.fromkeys(sorted(model.modelled), _ANYTHING)
    outputs = dict.fromkeys(sorted({*model.computed, *model.defaults}), _ANYTHING)
    return {"inputProperties": inputs, "properties": {**inputs, **outputs}}


def _function() -> dict[str, object]:
    return {"inputs": {"type": "object", "properties": {}}, "outputs": {"additionalProperties": _ANYTHING}}
