"""The SDK's client of a local DynamoDB, for whoever is not given AWS's."""

from collections.abc import Callable
from typing import Any, cast

from botocore.config import Config
from botocore.session import Session

SECONDS = 2.0
"""To connect, and for an answer; a call is tried once."""


def local_client(url: str, region: str) -> Any:
    """Signs with made-up credentials, for a local engine checks none; no AWS_PROFILE of this machine matters."""
    session = Session({"profile": (None, None, None, None)})
    create = cast("Callable[..., Any]", session.create_client)
    return create(
        "dynamodb",
        region_name=region,
        endpoint_url=url,
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106
        config=Config(connect_timeout=SECONDS, read_timeout=SECONDS, retries={"total_max_attempts": 1}),
    )
