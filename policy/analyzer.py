"""The pack as Pulumi's engine calls it: the Analyzer service of the SDK's own protocol.

The SDK for policies (pulumi-policy) reads the whole stack anew for every policy, nineteen times for this pack, which
takes ten times as long as the check itself. Here the stack is read and judged once.
"""

# ruff: noqa: N802, ARG002  the names of Pulumi's gRPC service

from __future__ import annotations

import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, plugin_pb2

from policy.judge import judge
from policy.policies import EXCLUDE, SCHEMA, Policy, is_excluded, policies, policy_name
from policy.preview import Seen, is_read, plain_properties

NAME, VERSION = "edge-router-cache-leaks", "0.0.1"
"""The version counts only where PulumiPolicy.yaml has none."""
MOST_BYTES = 400 * 1024 * 1024
"""The limit of Pulumi's own SDKs."""
_PROTO: Any = analyzer_pb2


class Analyzer(analyzer_pb2_grpc.AnalyzerServicer):
    """Judges a stack, and reports by the levels and exclusions of the config."""

    def __init__(self) -> None:
        self._policies = {one.name: one for one in policies()}
        self._levels: dict[str, int] = {}
        self._config: dict[str, Mapping[str, Any]] = {}

    def GetAnalyzerInfo(self, request: Any, context: Any) -> Any:
        """List the policies."""
        return _PROTO.AnalyzerInfo(
            name=NAME,
            version=VERSION,
            supportsConfig=True,
            policies=[_describe(one) for one in self._policies.values()],
        )

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=VERSION)

    def Configure(self, request: Any, context: Any) -> Any:
        """Keep the config: a level and properties for each policy that it names."""
        self._levels = {name: one.enforcementLevel for name, one in request.policyConfig.items()}
        self._config = {name: json_format.MessageToDict(one.properties) for name, one in request.policyConfig.items()}
        return empty_pb2.Empty()

    def ConfigureStack(self, request: Any, context: Any) -> Any:
        """Take the names of stack and project, which no policy needs."""
        return _PROTO.AnalyzerStackConfigureResponse()

    def Analyze(self, request: Any, context: Any) -> Any:
        """Find nothing: a resource alone says too little."""
        return _PROTO.AnalyzeResponse()

    def Remediate(self, request: Any, context: Any) -> Any:
        """Change nothing."""
        return _PROTO.RemediateResponse()

    def AnalyzeStack(self, request: Any, context: Any) -> Any:
        """Report the violations of a stack."""
        response = _PROTO.AnalyzeResponse()
        for violation in judge([_read_resource(one) for one in request.resources if is_read(one.type)]):
            policy = self._policies[policy_name(violation)]
            level = self._level(policy)
            excluded = self._config.get(policy.name, {}).get(EXCLUDE)
            if level != _PROTO.DISABLED and not is_excluded(violation, excluded):
                response.diagnostics.add(
                    policyName=policy.name,
                    policyPackName=NAME,
                    policyPackVersion=VERSION,
                    description=policy.description,
                    message=f"{policy.description}\n{violation.message}",
                    urn=violation.urn,
                    enforcementLevel=level,
                )
        return response

    def _level(self, policy: Policy) -> int:
        """Return a policy's level; remediation, which no policy here offers, counts as mandatory."""
        level = self._levels.get(policy.name, _default_level(policy))
        return _PROTO.MANDATORY if level == _PROTO.REMEDIATE else level


def serve() -> None:
    """Serve until the engine ends the process; the port is on the first line of standard output."""
    options = [("grpc.max_receive_message_length", MOST_BYTES), ("grpc.max_send_message_length", MOST_BYTES)]
    server = grpc.server(ThreadPoolExecutor(4), options=options)
    add: Any = analyzer_pb2_grpc.add_AnalyzerServicer_to_server
    add(Analyzer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


def _describe(policy: Policy) -> Any:
    info = _PROTO.PolicyInfo(
        name=policy.name,
        description=policy.description,
        enforcementLevel=_default_level(policy),
        policy_type=_PROTO.POLICY_TYPE_STACK,
        remediation_steps=policy.fix,
        url=policy.url,
    )
    info.configSchema.properties.update(SCHEMA)
    return info


def _default_level(policy: Policy) -> int:
    return _PROTO.MANDATORY if policy.is_mandatory else _PROTO.ADVISORY


def _read_resource(resource: Any) -> Seen:
    needed = {name: tuple(found.urns) for name, found in resource.propertyDependencies.items()}
    properties = plain_properties(json_format.MessageToDict(resource.properties))
    return Seen(resource.urn, resource.type, properties, resource.HasField("provider"), needed)
