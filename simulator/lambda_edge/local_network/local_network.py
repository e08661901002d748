"""Stands before the runtime client in a worker: the names of mapped origins lead to this machine.

`python -m local_network HANDLER` runs `python -m awslambdaric HANDLER`. SIMULATED_ORIGINS maps `domain` or
`domain:port` to a base URL. TLS to an origin with an http URL is not simulated, here as in the edge: wrapping its
socket leaves it as it is. Every other name is resolved, and every other TLS connection made, as ever.
"""

from __future__ import annotations

import json
import os
import runpy
import socket
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Network:
    """Resolves mapped names to local servers and knows the addresses that stand for TLS ones."""

    def __init__(self, origins: Mapping[str, str]) -> None:
        self._targets = {name.lower(): urlsplit(url) for name, url in origins.items()}
        self._plain_addresses: set[tuple[str, int]] = set()
        self._getaddrinfo = socket.getaddrinfo
        self._wrap_socket = ssl.SSLContext.wrap_socket

    def install(self) -> None:
        """Replace the functions of socket and ssl."""
        network = self

        def wrap_socket(context: ssl.SSLContext, sock: socket.socket, *args: Any, **keywords: Any) -> socket.socket:
            return network.wrap(context, sock, *args, **keywords)

        socket.getaddrinfo = self.resolve
        setattr(ssl.SSLContext, "wrap_socket", wrap_socket)  # noqa: B010  its declared result is an SSLSocket

    def resolve(self, host: Any, port: Any, *args: Any, **keywords: Any) -> list[Any]:
        """Resolve as socket.getaddrinfo does; the port of a mapped origin changes with its address."""
        target = self._find_target(host, port)
        if target is None:
            return self._getaddrinfo(host, port, *args, **keywords)
        local_port = target.port or _DEFAULT_PORTS[target.scheme]
        found: list[Any] = self._getaddrinfo(target.hostname, local_port, *args, **keywords)
        if target.scheme == "http":
            self._plain_addresses |= {address[:2] for *_, address in found}
        return found

    def wrap(self, context: ssl.SSLContext, sock: socket.socket, *args: Any, **keywords: Any) -> socket.socket:
        """Wrap as SSLContext.wrap_socket does; a socket to a mapped origin with an http URL stays plain."""
        if _peer(sock) in self._plain_addresses:
            return PlainSocket(sock)
        return self._wrap_socket(context, sock, *args, **keywords)

    def _find_target(self, host: Any, port: Any) -> SplitResult | None:
        name = host.lower().removesuffix(".") if isinstance(host, str) else ""
        labels = name.split(".")
        candidates = [name, *(f"*.{'.'.join(labels[index:])}" for index in range(1, len(labels)))]
        keys = [key for candidate in candidates for key in (f"{candidate}:{port}", candidate)]
        return next((self._targets[key] for key in keys if key in self._targets), None)


class PlainSocket(socket.socket):
    """The socket that it takes over, with the one method more that a TLS socket has."""

    def __init__(self, taken: socket.socket) -> None:
        timeout = taken.gettimeout()
        super().__init__(taken.family, taken.type, taken.proto, fileno=taken.detach())
        self.settimeout(timeout)

    def do_handshake(self) -> None:
        """Do nothing: there is no TLS."""


def _peer(sock: socket.socket) -> tuple[str, int] | None:
    try:
        return sock.getpeername()[:2]
    except OSError:  # not connected yet
        return None


if __name__ == "__main__":
    Network(json.loads(os.environ.pop("SIMULATED_ORIGINS"))).install()
    runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)
