"""Why a request got no answer, in words."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import cast

import httpx

from validator.traffic.response import shown


class StoppedError(Exception):
    """The request was not sent, or not waited for: a limit of the validation's own."""


def problem_of(error: BaseException, timeout_seconds: float) -> str:
    """A sentence about what httpx or asyncio raised."""
    if isinstance(error, (TimeoutError, httpx.TimeoutException)):
        return f"no answer within {timeout_seconds:g} s"
    for cause in _causes(error):
        if told := _told_of_cause(cause):
            return told
    detail = shown(str(error))
    for kind, told in _OF_HTTPX.items():
        if isinstance(error, kind):
            return f"{told}: {detail}" if detail else told
    return f"no usable answer: {type(error).__name__} {detail}".strip()


_OF_HTTPX: dict[type[Exception], str] = {
    httpx.TooManyRedirects: "redirected in circles",
    httpx.RemoteProtocolError: "no HTTP answer",
    httpx.ConnectError: "no connection",
    httpx.ProxyError: "no connection through the proxy",
    httpx.NetworkError: "the connection was dropped",
    httpx.DecodingError: "the body cannot be decoded",
}


def _told_of_cause(cause: BaseException) -> str:
    """The system's own errors tell more than httpx's; "" for others."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {shown(cause.verify_message)}"
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed: {shown(getattr(cause, 'reason', '') or str(cause))}"
    if isinstance(cause, socket.gaierror):
        return f"the host name cannot be resolved: {shown(cause.strerror or str(cause))}"
    return "the connection was refused" if isinstance(cause, ConnectionRefusedError) else ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all behind it, groups opened: connecting tries several addresses."""
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
