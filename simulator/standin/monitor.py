"""Pulumi's resource monitor and engine, in this process: what the language SDK calls instead of the CLI."""

# ruff: noqa: N802  the names of Pulumi's gRPC services

from pathlib import Path
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, provider_pb2, resource_pb2

from simulator.standin.deployment import Deployment
from simulator.standin.model.errors import DataSourceError, StandInError
from simulator.standin.model.wire import from_struct, to_struct
from simulator.standin.registration import Registration

FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
)


class Monitor:
    """Answers the SDK's calls from a Deployment. One call at a time: the run has a single worker thread.

    pulumi's own MockMonitor hides options, dependencies and secrets from the mocks, and leaves an event loop open per
    thread; this one reads the requests themselves.
    """

    feature_names = frozenset({"secrets", "resourceReferences", "aliasSpecs"})
    """FEATURES by the names of the older question."""

    def __init__(self, deployment: Deployment, root: Path) -> None:
        self._deployment = deployment
        self._root = root

    def GetDeploymentInfo(self, _request: Any) -> Any:
        """List the features; the SDK itself rejects what is missing here, with its own message."""
        return resource_pb2.DeploymentInfo(supportedFeatures=FEATURES)

    def SupportsFeature(self, request: Any) -> Any:
        """Answer the older question for one feature by name."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in self.feature_names)

    def RegisterResource(self, request: Any) -> Any:
        """Register one resource and answer with its URN, id and outputs."""
        if request.remote:
            raise StandInError(
                f"a program in this process constructs no remote components ({request.type} '{request.name}')"
            )
        asked = Registration.read(request, self._deployment.stack, self._deployment.project, self._root)
        identity, outputs = self._deployment.register(asked)
        return resource_pb2.RegisterResourceResponse(urn=asked.urn, id=identity, object=to_struct(outputs))

    def RegisterResourceOutputs(self, request: Any) -> Any:
        """Store the outputs of a component or of the stack."""
        self._deployment.complete(request.urn, from_struct(request.outputs))
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> Any:
        """Read a data source. A missing result is an error of the program's, as it is where the provider says so."""
        try:
            answer = self._deployment.invoke(request.tok, from_struct(request.args), request.provider, request.version)
        except DataSourceError as error:
            return resource_pb2.ResourceInvokeResponse(failures=[provider_pb2.CheckFailure(reason=str(error))])
        # Its stub cannot name a field that is a keyword of Python.
        return resource_pb2.ResourceInvokeResponse(**{"return": to_struct(answer)})  # type: ignore[call-arg]

    def ReadResource(self, request: Any) -> Any:
        """Reject `SomeResource.get(…)`: there is no account to read from."""
        raise StandInError(f"the stand-in does not model reading an existing {request.type} ('{request.name}')")

    def Call(self, request: Any) -> Any:
        """Reject methods of remote components."""
        raise StandInError(f"the stand-in does not model calls ({request.tok})")

    def RegisterPackage(self, request: Any) -> Any:
        """Reject parameterized providers."""
        raise StandInError(f"the stand-in does not model parameterized packages ({request.name})")

    def SignalAndWaitForShutdown(self, _request: Any) -> Any:
        """The program is done; nothing runs after it here."""
        return empty_pb2.Empty()


class Engine:
    """Collects what the program logs."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.errors: list[str] = []
        self._root = ""

    def Log(self, request: Any) -> Any:
        """Keep warnings and errors; information and debug lines have no reader here."""
        if request.severity == engine_pb2.WARNING:
            self.warnings.append(request.message)
        if request.severity == engine_pb2.ERROR:
            self.errors.append(request.message)
        return empty_pb2.Empty()

    def GetRootResource(self, _request: Any) -> Any:
        """Answer with the stack's URN, once it is there."""
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(self, request: Any) -> Any:
        """Keep the stack's URN."""
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def RequirePulumiVersion(self, _request: Any) -> Any:
        """There is no CLI whose version could be wrong."""
        return engine_pb2.RequirePulumiVersionResponse()
