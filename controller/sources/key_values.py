"""The key `canary` of the key-value store, which functions/canary.js reads at every request."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from router.control.live import Live
from router.model.assignment import release_tag

KEY = "canary"


def value_of(live: Live) -> dict[str, object]:
    """What functions/canary.js takes; the tag stands for the release in cookies."""
    value: dict[str, object] = {
        "percent": f"{live.percent:g}",
        "pin": live.pin,
        "release": live.release,
        "tag": release_tag(live.release),
    }
    return value | {"withdrawn": True} if live.is_withdrawn else value


def is_same(text: str | None, live: Live) -> bool:
    """Whether the store says already what is in force; the order of the members and spaces do not count."""
    try:
        return text is not None and json.loads(text) == value_of(live)
    except ValueError:
        return False


def text_of(live: Live) -> str:
    """The value to write."""
    return json.dumps(value_of(live), ensure_ascii=False, separators=(",", ":"))


class CloudFrontKeyValues:
    """The store of a stack. Its API is signed with SigV4A, which botocore does with awscrt only (`botocore[crt]`)."""

    def __init__(self, client: Any, store_arn: str) -> None:
        self._client, self._arn = client, store_arn

    def sync(self, live: Live) -> bool:
        """Write what is in force where the store says something else.

        The ETag is read before the value, so that the write fails (ConflictException) where another came in between.
        """
        etag = self._client.describe_key_value_store(KvsARN=self._arn)["ETag"]
        if is_same(self._value(), live):
            return False
        self._client.put_key(KvsARN=self._arn, Key=KEY, Value=text_of(live), IfMatch=etag)
        return True

    def _value(self) -> str | None:
        try:
            return self._client.get_key(KvsARN=self._arn, Key=KEY)["Value"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
