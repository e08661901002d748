"""Reads from this machine instead of the edge: AWS variables for the router, and addresses of origins."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
from collections.abc import Generator, Mapping
from typing import Any
from urllib.parse import urlsplit

LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")
LOCAL_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
"""A local engine checks no signature, but a request must have one."""
_READ_BY_THE_ROUTER = (
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    "AWS_ENDPOINT_URL_DYNAMODB",
)


def is_loopback(url: str) -> bool:
    """Return True for an endpoint on this machine."""
    return urlsplit(url).hostname in LOOPBACK_HOSTS


@contextlib.contextmanager
def use_variables(environment: Mapping[str, str]) -> Generator[None]:
    """Give the router's reader these AWS variables, and none of the shell's."""
    before = {name: os.environ.pop(name) for name in _READ_BY_THE_ROUTER if name in os.environ}
    os.environ.update(environment)
    try:
        yield
    finally:
        for name in environment:
            os.environ.pop(name, None)
        os.environ.update(before)


@contextlib.contextmanager
def map_origins(urls: Mapping[str, str] | None) -> Generator[None]:
    """Resolve origins to these URLs, as a worker of the local edge does; {} resolves none, None changes nothing."""
    if urls is None:
        yield
        return
    resolve, wrap = socket.getaddrinfo, ssl.SSLContext.wrap_socket
    if urls:
        from simulator.lambda_edge.local_network.local_network import Network

        Network(urls).install()
    else:
        socket.getaddrinfo = _refuse
    try:
        yield
    finally:
        socket.getaddrinfo = resolve
        setattr(ssl.SSLContext, "wrap_socket", wrap)  # noqa: B010  its declared result is an SSLSocket


def _refuse(*_: Any, **__: Any) -> list[Any]:
    raise socket.gaierror(socket.EAI_NONAME, "origins are not asked")
