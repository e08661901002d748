"""Descriptions of errors that leave a request without a response."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import cast

import httpx

from validator.traffic.response import printable

_HTTPX_ERRORS: dict[type[Exception], str] = {
    httpx.TooManyRedirects: "too many redirects",
    httpx.RemoteProtocolError: "no HTTP response",
    httpx.ConnectError: "no connection",
    httpx.ProxyError: "no connection through the proxy",
    httpx.NetworkError: "the connection was dropped",
    httpx.DecodingError: "the body cannot be decoded",
}


def describe_error(error: BaseException, timeout_seconds: float) -> str:
    """Describe an error of httpx or asyncio in one line."""
    if isinstance(error, (TimeoutError, httpx.TimeoutException)):
        return f"no response within {timeout_seconds:g} s"
    for cause in _causes(error):
        if text := _describe_cause(cause):
            return text
    detail = printable(str(error))
    for kind, text in _HTTPX_ERRORS.items():
        if isinstance(error, kind):
            return f"{text}: {detail}" if detail else text
    return f"no usable response: {type(error).__name__} {detail}".strip()


def _describe_cause(cause: BaseException) -> str:
    """Describe an error of the system, which is more precise than httpx's; "" for others."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {printable(cause.verify_message)}"
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed: {printable(getattr(cause, 'reason', '') or str(cause))}"
    if isinstance(cause, socket.gaierror):
        return f"the host name cannot be resolved: {printable(cause.strerror or str(cause))}"
    return "the connection was refused" if isinstance(cause, ConnectionRefusedError) else ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and its causes, also those in groups: a connection tries several addresses."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        one = left.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        left += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            left += cast("BaseExceptionGroup[BaseException]", one).exceptions
