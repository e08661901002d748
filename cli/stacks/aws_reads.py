"""What an explanation reads in AWS: by the caller's own credentials."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from typing import Any

from cli.output.errors import OperationError
from cli.stacks.aws import client, code_of, problem_of
from infra.naming.edge_functions import EDGE_REGION, viewer_function_name
from infra.settings.stack import Stack

STORE_NOT_FOUND = "EntityNotFound"


def read_credentials(endpoint: str, endpoint_of_all: str, keys: Sequence[str]) -> dict[str, str]:
    """The caller's credentials as variables, by their ordinary chain, and the endpoint where one is set.

    OperationError without any.
    """
    from botocore.exceptions import BotoCoreError, NoCredentialsError
    from botocore.session import Session

    try:
        credentials: Any = Session().get_credentials()
        if credentials is None:
            raise NoCredentialsError
        frozen = credentials.get_frozen_credentials()
    except BotoCoreError as error:
        raise OperationError(f"cannot read the stack in AWS: {problem_of(error)}") from error
    values = dict(zip(keys, (frozen.access_key, frozen.secret_key, frozen.token), strict=True))
    values[endpoint] = os.environ.get(endpoint) or os.environ.get(endpoint_of_all, "")
    return {name: value for name, value in values.items() if value}


def read_key_values(stack: Stack, *, may_be_missing: bool = False) -> tuple[Mapping[str, str], str]:
    """The store of the function before the cache, {} in a stack without one; and why it cannot be read, or "".

    `may_be_missing`: it is none of what is deployed, perhaps, and {} then.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    from cli.rollback.control import list_values

    function = stack.settings.needs.viewer_function
    if not function:
        return {}, ""
    name = viewer_function_name(stack.prefix, function)
    try:
        with (
            contextlib.closing(client("cloudfront", EDGE_REGION)) as cloudfront,
            contextlib.closing(client("cloudfront-keyvaluestore", EDGE_REGION)) as stores,
        ):
            found = cloudfront.describe_key_value_store(Name=name)
            return list_values(stores, found["KeyValueStore"]["ARN"]), ""
    except (BotoCoreError, ClientError) as error:
        if may_be_missing and code_of(error) == STORE_NOT_FOUND:
            return {}, ""
        return {}, f"the key-value store {name} ({problem_of(error)})"
