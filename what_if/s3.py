"""Access logs in S3: objects below a prefix, brought to this machine a part at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

from what_if.files import Entry, LogError

SCHEME = "s3://"
CONNECTIONS = 8
CHUNK_BYTES = 1024 * 1024
FOLDER_END = "/"
MISSING = {
    "InvalidObjectState": "the object is in an archive: restore it first",
    "NoSuchKey": "the object was deleted meanwhile",
}
"""Errors of GetObject for one object only."""


class S3Objects:
    """The objects of `s3://BUCKET/PREFIX`, read by boto3's client with the caller's rights.

    They need s3:ListBucket and s3:GetObject, and kms:Decrypt where the bucket has a key of its own.
    """

    def __init__(self, client: Any, place: str) -> None:
        self._client = client
        self.missing: dict[str, str] = {}
        self._bucket, _, prefix = place[len(SCHEME) :].partition("/")  # in any case, as is_in_s3 has it
        if not self._bucket:
            raise LogError(f"{place}: a place in S3 is s3://BUCKET/PREFIX")
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        found = [one for page in pages for one in page.get("Contents", [])]
        self.entries = [
            Entry(str(one["Key"]), int(one["Size"])) for one in found if one["Size"] and one["Key"][-1] != FOLDER_END
        ]
        if not self.entries:
            raise LogError(f"{place}: there is no object")

    def fetch(self, entries: Sequence[Entry], folder: Path, /) -> Iterator[tuple[Entry, Path]]:
        """Bring objects into a folder, as files that begin with `fetched-`."""
        paths = [folder / f"fetched-{index}" for index in range(len(entries))]
        with ThreadPoolExecutor(CONNECTIONS) as executor:
            is_here = list(executor.map(self._download, entries, paths))
        yield from (pair for pair, is_read in zip(zip(entries, paths, strict=True), is_here, strict=True) if is_read)

    def _download(self, entry: Entry, path: Path) -> bool:
        """Write one object to a file, a megabyte at a time; False for one that cannot be had, which is in `missing`."""
        from botocore.exceptions import ClientError

        try:
            body = self._client.get_object(Bucket=self._bucket, Key=entry.name)["Body"]
        except ClientError as error:
            code = str(cast("Any", error).response["Error"]["Code"])
            if code not in MISSING:
                raise
            self.missing[entry.name] = MISSING[code]
            return False
        with path.open("wb") as file:
            for chunk in body.iter_chunks(CHUNK_BYTES):
                file.write(chunk)
        return True


def is_in_s3(place: str) -> bool:
    """Return True for a place in S3."""
    return place.lower().startswith(SCHEME)
