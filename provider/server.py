"""The gRPC server of the provider, as the engine starts it: it answers with its port, and serves until it is ended."""

# ruff: noqa: N802, ARG002  the names and arguments of Pulumi's gRPC services

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any

import grpc
import grpc.aio
import pulumi
from google.protobuf.empty_pb2 import Empty
from pulumi.provider.server import ProviderServicer
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from infra.config.errors import SettingsError
from provider.construct import ComponentProvider, property_errors

MAX_MESSAGE_BYTES = 400 * 1024 * 1024
"""The limit of Pulumi's own providers."""
BY_HAND = (
    "edge-router is a Pulumi program and a component package: `pulumi up` runs it here, and `pulumi package add` from"
    " another project's folder adds its components there (docs/component.md)"
)


class Servicer(ProviderServicer):
    """Pulumi's servicer for components, with the calls that it leaves unanswered."""

    async def Handshake(self, request: Any, context: Any) -> provider_pb2.ProviderHandshakeResponse:
        """Say the same as to Configure: inputs may be secrets, resources and outputs."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True, accept_outputs=True)

    async def CheckConfig(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        """Accept any config: the package has none."""
        return provider_pb2.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request: Any, context: Any) -> provider_pb2.DiffResponse:
        """Find no difference: the package has no config."""
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    async def Parameterize(self, request: Any, context: Any) -> provider_pb2.ParameterizeResponse:
        """Refuse parameters, as what follows the repository in `pulumi package add`."""
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "the package edge-router takes no parameters")
        raise AssertionError  # abort has raised

    async def GetMappings(self, request: Any, context: Any) -> provider_pb2.GetMappingsResponse:
        """Return no mapping from another tool's providers."""
        return provider_pb2.GetMappingsResponse()

    async def GetMapping(self, request: Any, context: Any) -> provider_pb2.GetMappingResponse:
        """Return no mapping from another tool's providers."""
        return provider_pb2.GetMappingResponse()

    async def Attach(self, request: plugin_pb2.PluginAttach, context: Any) -> Empty:
        """Take over the address of an engine that did not start this process, as when it is debugged."""
        self.engine_address = request.address
        return Empty()

    async def _construct(self, request: Any, context: Any) -> Any:
        """Report mistakes that show only once an Output is known like those that show at once."""
        try:
            answer: Any = await super()._construct(request, context)  # pyright: ignore[reportUnknownMemberType]
        except (SettingsError, pulumi.RunError) as error:
            raise property_errors(error) from None
        return answer


async def start(engine_address: str) -> tuple[grpc.aio.Server, int]:
    """Start a server on a free port of this machine, and return it with the port."""
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)])
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(ComponentProvider(), [], engine_address), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    return server, port


async def _serve(engine_address: str, announce: Callable[[str], object]) -> None:
    server, port = await start(engine_address)
    announce(f"{port}\n")
    sys.stdout.flush()
    await server.wait_for_termination()


def main(arguments: Sequence[str]) -> None:
    """Serve the engine whose address is the first argument; SystemExit where there is none."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("engine", nargs="?", default="")
    known, _ = parser.parse_known_args(arguments)
    if ":" not in known.engine:
        sys.exit(BY_HAND)
    # As Pulumi's own host of programs: what is pending when an update fails has been said, and is not looked at again.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(known.engine, sys.stdout.write))
