"""Visitors' sessions, written to DynamoDB on every visit."""

import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from .config import Settings

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # secrets.token_urlsafe(32)


class SessionStoreError(Exception):
    """The session could not be written; the text holds no token."""


@dataclass(frozen=True)
class Session:
    """One visitor's session as the table holds it after this visit; expiration in epoch seconds."""

    token: str
    version: str
    expiration: int
    visits: int
    basket: int


def known_or_new_token(cookie_headers: Iterable[str], name: str) -> str:
    """The token of the first cookie of that name if it can be one of ours, otherwise a fresh one.

    The first counts because the router takes the first (RFC 6265 section 5.4: the most specific path).
    """
    pairs = (pair.strip().partition("=") for header in cookie_headers for pair in header.split(";"))
    value = next((value for key, _, value in pairs if key == name), "")
    return value if TOKEN.fullmatch(value) else secrets.token_urlsafe(32)


def dynamodb_client(region: str) -> Any:
    """A client that gives up: a visitor waits for two attempts of one second to connect and two to read, at most."""
    config = Config(
        connect_timeout=1,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": 2},
        max_pool_connections=40,  # as many as the thread pool that runs the endpoints has threads
    )
    return boto3.client("dynamodb", region_name=region, config=config)


class SessionStore:
    """The sessions table. Needs dynamodb:UpdateItem on it and nothing else."""

    def __init__(self, client: Any, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._client, self._settings, self._clock = client, settings, clock

    def visit(self, token: str, added: int = 0) -> Session:
        """Write version and expiry, count the visit and what is added to the basket. Raises SessionStoreError.

        Every attribute is aliased: TOKEN and many another name are reserved words of DynamoDB.
        """
        settings = self._settings
        expiration = int(self._clock()) + settings.SESSION_SECONDS
        try:
            answer = self._client.update_item(
                TableName=settings.SESSIONS_TABLE,
                Key={settings.SESSION_KEY_ATTRIBUTE: {"S": token}},
                UpdateExpression="SET #version = :version, #expiration = :expiration ADD #visits :one, #basket :added",
                ExpressionAttributeNames={
                    "#version": settings.SESSION_VERSION_ATTRIBUTE,
                    "#expiration": settings.SESSION_EXPIRY_ATTRIBUTE,
                    "#visits": "visits",
                    "#basket": "basket",
                },
                ExpressionAttributeValues={
                    ":version": {"S": settings.VERSION_CODE},
                    ":expiration": {"N": str(expiration)},
                    ":one": {"N": "1"},
                    ":added": {"N": str(added)},
                },
                ReturnValues="ALL_NEW",
            )
            visits, basket = (int(answer["Attributes"][name]["N"]) for name in ("visits", "basket"))
        except ClientError as error:
            raise SessionStoreError(error.response.get("Error", {}).get("Code", "ClientError")) from error
        except Exception as error:  # botocore's parser raises whatever a garbage answer makes it raise
            raise SessionStoreError(type(error).__name__) from error
        return Session(token, settings.VERSION_CODE, expiration, visits, basket)
