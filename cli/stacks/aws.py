"""AWS clients and credentials for the commands."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache, lru_cache
from threading import Lock
from typing import Any, NamedTuple

from cli.output.errors import OperationError, UsageError
from cli.stacks.aws_errors import aws_errors, describe_error
from infra.config.aws_regions import region_error


class Patience(NamedTuple):
    """Time limits in seconds to connect and for a response, and the number of attempts.

    AWS_MAX_ATTEMPTS and the profile override the attempts; the waits between them grow to 20 s.
    """

    connect_s: float
    read_s: float
    attempts: int


PATIENTLY = Patience(5, 30, 5)
BRIEFLY = Patience(2, 5, 2)
"""For optional calls."""
_ONE_AT_A_TIME = Lock()
"""Threads may share clients, and not the session that makes them."""


def client(service: str, region: str, patience: Patience = PATIENTLY) -> Any:
    """Return botocore's client, which retries when throttled.

    The global services CloudFront and IAM are in us-east-1. AWS_PROFILE, AWS_ENDPOINT_URL_<SERVICE> and the like
    apply. UsageError for an unknown Region.
    """
    from botocore.config import Config

    if problem := region_error(region, "lambda"):
        raise UsageError(f"Region {problem}")
    with aws_errors(f"cannot reach {service}", region), _ONE_AT_A_TIME:
        session = _session(frozenset(os.environ.items()))
        attempts = session.get_config_variable("max_attempts") or patience.attempts
        limits = Config(
            connect_timeout=patience.connect_s,
            read_timeout=patience.read_s,
            retries={"mode": "standard", "total_max_attempts": attempts},
        )
        return session.create_client(service, region_name=region, config=limits)


@lru_cache(maxsize=1)
def _session(environment: frozenset[tuple[str, str]]) -> Any:  # noqa: ARG001  botocore reads it from os.environ
    """botocore's session: one for the clients of all services and Regions, as long as the environment is the same.

    It finds credentials once, which may take a sign-in or a process.
    """
    from botocore.session import Session

    session: Any = Session()
    session.register_component("data_loader", _service_models(session.get_config_variable("data_path")))
    return session


@cache
def _service_models(folders: str | None) -> Any:
    """botocore's service models, read once; `folders` is AWS_DATA_PATH."""
    from botocore.loaders import create_loader

    return create_loader(folders)


def _credentials() -> Any:
    with _ONE_AT_A_TIME:
        return _session(frozenset(os.environ.items())).get_credentials()


def has_credentials() -> bool:
    """Return True if the environment or a profile has AWS credentials; the role of the machine does not count."""
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    session = Session()
    try:
        resolver = session.get_component("credential_provider")
        resolver.remove("iam-role")  # it would use the network, on every laptop in vain
        return resolver.load_credentials() is not None
    except BotoCoreError:
        return True  # configured, but invalid: their first use raises the error


def find_account(region: str) -> str:
    """Return the account ID, from the credentials or else sts:GetCallerIdentity, which needs no permission.

    "" where it is unknown: the next call raises the error.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        credentials = _credentials()
        if credentials is None:
            return ""
        known = getattr(credentials.get_frozen_credentials(), "account_id", None)
        return str(known or _sts(region))
    except (BotoCoreError, ClientError, OperationError):
        return ""


def find_caller(region: str) -> str:
    """Return the ARN of the caller, as sts:GetCallerIdentity has it; "" where it is unknown."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return _sts(region, "Arn")
    except (BotoCoreError, ClientError, OperationError):
        return ""


def _sts(region: str, field: str = "Account") -> str:
    sts = client("sts", region)
    try:
        return str(sts.get_caller_identity()[field])
    finally:
        sts.close()


def read_credentials(endpoint: str, endpoint_of_all: str, keys: Sequence[str]) -> dict[str, str]:
    """Return the caller's credentials as environment variables `keys`, and `endpoint` if one is set.

    OperationError without credentials.
    """
    from botocore.exceptions import BotoCoreError, NoCredentialsError

    try:
        credentials = _credentials()
        if credentials is None:
            raise NoCredentialsError
        frozen: Any = credentials.get_frozen_credentials()
    except BotoCoreError as error:
        raise OperationError(f"cannot read the stack in AWS: {describe_error(error)}") from error
    values = dict(zip(keys, (frozen.access_key, frozen.secret_key, frozen.token), strict=True))
    values[endpoint] = os.environ.get(endpoint) or os.environ.get(endpoint_of_all, "")
    return {name: value for name, value in values.items() if value}
