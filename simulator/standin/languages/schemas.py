"""Schemas of packages, for language hosts that type their programs with them: YAML's does."""

import json
from collections.abc import Callable, Collection
from functools import cache
from typing import Any

import grpc
from pulumi.runtime.proto.codegen import loader_pb2

from simulator.standin.data_sources import INVOKES
from simulator.standin.languages.plugin import Plugin
from simulator.standin.model.errors import StandInError
from simulator.standin.model.model import ResourceModel
from simulator.standin.resource_models import MODELS

_ANYTHING = {"$ref": "pulumi.json#/Any"}


class Loader:
    """Answers for schemas, as the engine does: those of plugins are their own, and one of AWS is made here."""

    def __init__(self, packages: Collection[str], plugin: Callable[[str], Plugin]) -> None:
        self._packages, self._plugin = packages, plugin

    def GetSchema(self, request: Any) -> Any:  # noqa: N802  the name in Pulumi's service
        """Return a package's schema: the plugin's own, or one of what the stand-in models."""
        if request.package in self._packages:
            return loader_pb2.GetSchemaResponse(schema=self._plugin(request.package).schema().encode())
        if request.package != "aws":
            raise StandInError(f"there is no schema of the package {request.package}")
        return loader_pb2.GetSchemaResponse(schema=aws_schema(request.version).encode())


def loader_service(get_schema: Callable[[Any, Any], Any]) -> grpc.GenericRpcHandler:
    """The service for schemas. The SDK's own module of it cannot be imported: it looks for pulumi.codegen."""
    method = grpc.unary_unary_rpc_method_handler(
        get_schema,  # pyrefly: ignore[bad-argument-type]  its (*args: Any, **kwargs: Any) is any function
        request_deserializer=loader_pb2.GetSchemaRequest.FromString,
        response_serializer=loader_pb2.GetSchemaResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler("codegen.Loader", {"GetSchema": method})


@cache
def aws_schema(version: str) -> str:
    """The resources and data sources that the stand-in models of pulumi-aws, as JSON.

    A property may have any type, and none is required: what is wrong with one, the provider's check tells.
    """
    models = {token: model for token, model in MODELS.items() if token.startswith("aws:")}
    schema: dict[str, object] = {
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
