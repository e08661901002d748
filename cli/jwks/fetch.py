"""The JWK Set of an issuer over https, within limits (OpenID Connect Discovery 1.0 §4)."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

import httpx

from cli.output.errors import OperationError, UsageError
from cli.stacks.local_reads import is_loopback

MAX_BYTES = 256 * 1024
SECONDS = 10.0
DISCOVERY = "/.well-known/openid-configuration"


def fetch_jwks(issuer: str, url: str, *, seconds: float = SECONDS) -> tuple[str, list[object]]:
    """Return the address of the JWK Set and its keys: that of `url`, or else the one that `issuer` names.

    UsageError for an address that is not fetched, OperationError for all that goes wrong with one that is.
    """
    check_address(url or issuer, "--url" if url else "--issuer")
    return asyncio.run(_within(issuer, url, seconds))


def check_address(address: str, option: str) -> None:
    """Raise UsageError for an address that is not https; http is for this machine only."""
    if error := _address_error(address):
        raise UsageError(f"{option} {error}")


def _address_error(address: str) -> str:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        return f"is {address!r}: {error}"
    if url.userinfo:
        return "has a user name or password: an issuer's keys are public"
    if url.scheme == "https" and url.host:
        return ""
    if url.scheme == "http" and is_loopback(address):
        return ""
    return f"is {address!r}: keys are fetched from an address that begins with https:// only"


async def _within(issuer: str, url: str, seconds: float) -> tuple[str, list[object]]:
    try:
        async with (
            asyncio.timeout(seconds),
            httpx.AsyncClient(timeout=seconds, trust_env=not is_loopback(url or issuer)) as client,
        ):
            return await _fetch(client, issuer, url)
    except TimeoutError:
        raise OperationError(f"{url or issuer}: there was no complete response within {seconds:g} s") from None


async def _fetch(client: httpx.AsyncClient, issuer: str, url: str) -> tuple[str, list[object]]:
    if not url:
        url = _jwks_uri(await _get_object(client, issuer.rstrip("/") + DISCOVERY), issuer)
    keys = (await _get_object(client, url)).get("keys")
    if not isinstance(keys, list):
        raise OperationError(f"{url}: has no list `keys`: it is not a JWK Set (RFC 7517 §5)")
    return url, cast("list[object]", keys)


def _jwks_uri(document: dict[str, Any], issuer: str) -> str:
    """The address in a configuration that is this issuer's own: §4.3 has both be the same text."""
    where, named, uri = issuer.rstrip("/") + DISCOVERY, document.get("issuer"), document.get("jwks_uri")
    if named != issuer:
        raise OperationError(f"{where}: is of the issuer {named!r}, not of {issuer!r}: they have to be the same text")
    if not isinstance(uri, str):
        raise OperationError(f"{where}: has no jwks_uri; name the JWK Set itself with --url")
    if error := _address_error(uri):
        raise OperationError(f"{where}: its jwks_uri {error}")
    return uri


async def _get_object(client: httpx.AsyncClient, url: str) -> dict[str, Any]:
    try:
        document: object = json.loads(await _get(client, url))
    except httpx.HTTPError as error:
        raise OperationError(f"{url}: {error or type(error).__name__}") from error
    except (ValueError, RecursionError):
        raise OperationError(f"{url}: the response is not JSON") from None
    if not isinstance(document, dict):
        raise OperationError(f"{url}: the response is not a JSON object")
    return cast("dict[str, Any]", document)


async def _get(client: httpx.AsyncClient, url: str) -> bytes:
    """The body of a 200, as it was sent: a compressed one might not end."""
    headers = {"accept": "application/json", "accept-encoding": "identity"}
    async with client.stream("GET", url, headers=headers) as response:
        if response.status_code != 200:
            to = response.headers.get("location")
            hint = f" to {to}, which is not followed" if response.is_redirect and to else ""
            raise OperationError(f"{url}: the response is {response.status_code}{hint}")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise OperationError(f"{url}: the response is compressed, which was not asked for")
        body = b""
        async for part in response.aiter_raw():
            body += part
            if len(body) > MAX_BYTES:
                raise OperationError(f"{url}: the response has more than {MAX_BYTES:,} bytes")
        return body
