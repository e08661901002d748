"""Access logs in S3: objects below a prefix, brought to this machine a part at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from what_if.files import Entry, LogError

SCHEME = "s3://"
CONNECTIONS = 8
CHUNK_BYTES = 1024 * 1024
FOLDER_END = "/"


class S3Objects:
    """The objects of `s3://BUCKET/PREFIX`, read by boto3's client with the caller's rights.

    They need s3:ListBucket and s3:GetObject, and kms:Decrypt where the bucket has a key of its own.
    """

    def __init__(self, client: Any, place: str) -> None:
        self._client = client
        self._bucket, _, prefix = place.removeprefix(SCHEME).partition("/")
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
            for _ in executor.map(self._download, entries, paths):
                pass
        yield from zip(entries, paths, strict=True)

    def _download(self, entry: Entry, path: Path) -> None:
        """Write one object to a file, a megabyte at a time."""
        body = self._client.get_object(Bucket=self._bucket, Key=entry.name)["Body"]
        with path.open("wb") as file:
            for chunk in body.iter_chunks(CHUNK_BYTES):
                file.write(chunk)


def is_in_s3(place: str) -> bool:
    """Return True for a place in S3."""
    return place.lower().startswith(SCHEME)
