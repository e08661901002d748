"""The key `canary` of the key-value store, which functions/canary.js reads for every request."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from router.control.live import Live
from router.model.assignment import release_tag

KEY = "canary"
BUILD_KEY = "build:"
"""Before the id of a build, whose place is the value (router.skew.Builds)."""


def store_value(live: Live) -> dict[str, object]:
    """Return the value that functions/canary.js expects; `tag` stands for the release in cookies."""
    value: dict[str, object] = {
        "percent": f"{live.percent:g}",
        "pin": live.pin,
        "release": live.release,
        "tag": release_tag(live.release),
    }
    return value | {"withdrawn": True} if live.is_withdrawn else value


def is_current(text: str | None, live: Live) -> bool:
    """Return True where the store has this control already, in whatever order and spacing."""
    try:
        return text is not None and json.loads(text) == store_value(live)
    except ValueError:
        return False


def store_text(live: Live) -> str:
    """Return the value to write."""
    return json.dumps(store_value(live), ensure_ascii=False, separators=(",", ":"))


def build_pairs(builds: Mapping[str, str]) -> dict[str, str]:
    """Return what functions/canary.js reads for a file of a build."""
    return {f"{BUILD_KEY}{build}": place for build, place in builds.items()}


class CloudFrontKeyValues:
    """The key-value store of a stack. Its API needs SigV4A, for which botocore needs awscrt (`botocore[crt]`)."""

    def __init__(self, client: Any, store_arn: str) -> None:
        self._client, self._arn = client, store_arn

    def sync(self, read_live: Callable[[], Live]) -> bool:
        """Write the effective control unless the store has it; return True where it was written.

        The ETag is read before the control and the value, so that a write in between makes this one fail
        (ConflictException): it may have been of a later control. Then all is read once more.
        """
        from botocore.exceptions import ClientError  # here, for commands that only build code do without it

        try:
            return self._sync(read_live)
        except ClientError as error:
            if _code(error) != "ConflictException":
                raise
            return self._sync(read_live)

    def _sync(self, read_live: Callable[[], Live]) -> bool:
        etag = self._client.describe_key_value_store(KvsARN=self._arn)["ETag"]
        live = read_live()
        if is_current(self._value(), live):
            return False
        self._client.put_key(KvsARN=self._arn, Key=KEY, Value=store_text(live), IfMatch=etag)
        return True

    def _value(self) -> str | None:
        from botocore.exceptions import ClientError

        try:
            return self._client.get_key(KvsARN=self._arn, Key=KEY)["Value"]
        except ClientError as error:
            if _code(error) == "ResourceNotFoundException":
                return None
            raise


def _code(error: Any) -> str:
    """Return AWS's code of the error in botocore's ClientError."""
    return error.response["Error"]["Code"]
