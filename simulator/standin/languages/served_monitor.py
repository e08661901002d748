"""The resource monitor as programs and provider processes in other languages use it, several calls at a time."""

# ruff: noqa: N802  the names of Pulumi's gRPC services

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2, resource_pb2

from pulumi_state.values import SIGNATURE
from simulator.standin.config.stack_config import StackConfig
from simulator.standin.deployment import Deployment
from simulator.standin.languages.plugin import Plugin
from simulator.standin.model.errors import StandInError
from simulator.standin.model.wire import OUTPUT_VALUE, from_struct, to_struct
from simulator.standin.monitor import FEATURES, Monitor

ORGANIZATION = "organization"
_FEATURES = (
    *FEATURES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,
)


class ServedMonitor(Monitor):
    """Answers as the monitor of a program in this process does, and lets plugins construct remote components.

    `plugin` starts the provider process of a package, or returns the one that runs; its registrations come in while
    the program's waits, so that one must not hold the lock. `address` is where this monitor is served, known later.
    """

    feature_names = Monitor.feature_names | {"outputValues", "parameterization"}

    def __init__(
        self, deployment: Deployment, root: Path, config: StackConfig, plugin: Callable[[str], Plugin]
    ) -> None:
        super().__init__(deployment, root)
        self.address = ""
        self._config, self._plugin = config, plugin
        self._lock = threading.RLock()
        self._packages: dict[str, tuple[str, str]] = {}
        self._configured: set[str] = set()

    def GetDeploymentInfo(self, _request: Any) -> Any:
        """Tell what a run is about, and what is answered for."""
        return resource_pb2.DeploymentInfo(**self._run_details(), supportedFeatures=_FEATURES)

    def RegisterPackage(self, request: Any) -> Any:
        """Give a package a reference that stands for its name and version."""
        if request.HasField("parameterization"):
            return super().RegisterPackage(request)
        reference = f"{request.name}@{request.version}"
        self._packages[reference] = (request.name, request.version)
        return resource_pb2.RegisterPackageResponse(ref=reference)

    def RegisterResource(self, request: Any) -> Any:
        """Register a resource here, or have its provider construct it."""
        request.version = self._version(request)
        if request.remote:
            return self._construct(request)
        with self._lock:
            return super().RegisterResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:
        """Store the outputs of a component or of the stack."""
        with self._lock:
            return super().RegisterResourceOutputs(request)

    def Invoke(self, request: Any) -> Any:
        """Read a data source of the stand-in."""
        request.version = self._version(request)
        if request.tok.partition(":")[0] in self._deployment.packages:
            raise StandInError(f"the stand-in does not model functions of components' packages ({request.tok})")
        with self._lock:
            return super().Invoke(request)

    def SignalAndWaitForShutdown(self, _request: Any) -> Any:
        """The program is done; what it no longer registers is deleted when its process has ended."""
        return empty_pb2.Empty()

    def _run_details(self) -> dict[str, Any]:
        """Return what programs and providers are told of a run."""
        return {
            "project": self._deployment.project,
            "stack": self._deployment.stack,
            "organization": ORGANIZATION,
            "config": self._config.values,
            "configSecretKeys": sorted(self._config.secret_keys),
            "dryRun": self._deployment.is_preview,
            "parallel": 1,
        }

    def _version(self, request: Any) -> str:
        return self._packages[request.packageRef][1] if request.packageRef in self._packages else request.version

    def _construct(self, request: Any) -> Any:
        package = request.type.partition(":")[0]
        if package not in self._deployment.packages:
            raise StandInError(f"there is no plugin for {request.type} ('{request.name}')")
        plugin = self._plugin(package)
        with self._lock:
            reference = request.provider or request.providers.get(package)
            reference = reference or self._deployment.default_provider(request.type, request.version)
            if reference not in self._configured:
                plugin.configure(to_struct(self._deployment.provider_inputs(reference)))
                self._configured.add(reference)
        constructed = plugin.construct(self._construct_request(request))
        return resource_pb2.RegisterResourceResponse(
            urn=constructed.urn,
            object=to_struct(from_struct(constructed.state)),
            propertyDependencies=_dependencies(constructed),
        )

    def _construct_request(self, request: Any) -> Any:
        """Hand over what the program gave: the inputs as they are, for outputs among them carry their dependencies."""
        dependencies = request.propertyDependencies.items()
        timeouts = request.customTimeouts
        optional = {name: getattr(request, name) for name in ("protect", "retainOnDelete") if request.HasField(name)}
        if request.HasField("customTimeouts"):
            given = {name: getattr(timeouts, name) for name in ("create", "update", "delete")}
            optional["customTimeouts"] = provider_pb2.ConstructRequest.CustomTimeouts(**given)
        if request.deleteBeforeReplaceDefined:
            optional["deleteBeforeReplace"] = request.deleteBeforeReplace
        return provider_pb2.ConstructRequest(
            **self._run_details(),
            monitorEndpoint=self.address,
            type=request.type,
            name=request.name,
            parent=request.parent,
            inputs=request.object,
            inputDependencies={
                key: provider_pb2.ConstructRequest.PropertyDependencies(urns=found.urns) for key, found in dependencies
            },
            providers=dict(request.providers),
            dependencies=request.dependencies,
            aliases=request.aliases,
            additionalSecretOutputs=request.additionalSecretOutputs,
            deletedWith=request.deletedWith,
            ignoreChanges=request.ignoreChanges,
            replaceOnChanges=request.replaceOnChanges,
            **optional,
        )


def _dependencies(constructed: Any) -> Mapping[str, Any]:
    """Return the dependencies of each output of a component: named beside it, or carried by the values in it."""
    found = {key: set(value.urns) for key, value in constructed.stateDependencies.items()}
    for key, value in constructed.state.fields.items():
        found.setdefault(key, set()).update(_carried_urns(value))
    made = resource_pb2.RegisterResourceResponse.PropertyDependencies
    return {key: made(urns=sorted(urns)) for key, urns in found.items()}


def _carried_urns(value: struct_pb2.Value) -> Iterator[str]:
    fields = value.struct_value.fields
    if SIGNATURE in fields and fields[SIGNATURE].string_value == OUTPUT_VALUE and "dependencies" in fields:
        yield from (one.string_value for one in fields["dependencies"].list_value.values)
    for inner in (*fields.values(), *value.list_value.values):
        yield from _carried_urns(inner)
