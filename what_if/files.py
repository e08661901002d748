"""Access log files: where they are, and how each is written."""

from __future__ import annotations

import glob
import gzip
import re
import stat
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

STANDARD_FIELDS = (
    *("date", "time", "x-edge-location", "sc-bytes", "c-ip", "cs-method", "cs(Host)", "cs-uri-stem", "sc-status"),
    *("cs(Referer)", "cs(User-Agent)", "cs-uri-query", "cs(Cookie)", "x-edge-result-type", "x-edge-request-id"),
    *("x-host-header", "cs-protocol", "cs-bytes", "time-taken", "x-forwarded-for", "ssl-protocol", "ssl-cipher"),
    *("x-edge-response-result-type", "cs-protocol-version", "fle-status", "fle-encrypted-fields", "c-port"),
    *("time-to-first-byte", "x-edge-detailed-result-type", "sc-content-type", "sc-content-len", "sc-range-start"),
    "sc-range-end",
)
"""In their order ("Log file fields"); standard logging (v2) may have others, in the order of the delivery."""
DELIVERED_FIELDS = (*STANDARD_FIELDS, "c-country", "cache-behavior-path-pattern")
"""The fields of a delivery of standard logging (v2) that names none ("Configure standard logging (v2)")."""
DELIMITERS = "\t ,|;"
HEAD_BYTES = 65_536
LATIN_1 = "latin-1"
PARQUET, GZIP = b"PAR1", b"\x1f\x8b"

FIELD_NAMES: Mapping[str, tuple[str, ...]] = {
    "day": ("date",),
    "time": ("time",),
    "path": ("csuristem",),
    "cookie": ("cscookie",),
    "request_id": ("xedgerequestid",),
    "country": ("ccountry",),
    "result": ("xedgeresulttype",),
    "bytes": ("scbytes",),
    "milliseconds": ("timestampms",),
    "seconds": ("timestamp",),
}
"""Our names to CloudFront's without punctuation: W3C and JSON have cs(Cookie), Parquet and Athena cs_cookie."""


class LogError(Exception):
    """A log that cannot be read, and why."""


@dataclass(frozen=True)
class Entry:
    """A file, or an object in S3, and its size in bytes."""

    name: str
    size: int


class Logs(Protocol):
    """Files of a log, each brought to this machine when it is read; `missing` are those that cannot, with why."""

    missing: dict[str, str]

    @property
    def entries(self) -> Sequence[Entry]: ...

    def fetch(self, entries: Sequence[Entry], folder: Path, /) -> Iterator[tuple[Entry, Path]]: ...


@dataclass(frozen=True)
class Format:
    """The format of a file: parquet, json or delimited; "empty" without a line.

    `fields` are those of delimited lines. `encoding` is that to try: CloudFront writes ASCII.
    """

    kind: str
    fields: tuple[str, ...] = ()
    delimiter: str = ""
    is_gzip: bool = False
    encoding: str = LATIN_1


class LocalFiles:
    """The files of a path: a file, a folder with all below it, or a pattern such as `logs/**/*.gz`."""

    def __init__(self, place: str) -> None:
        self.missing: dict[str, str] = {}
        path = Path(place).expanduser()
        if path.is_dir():
            found = [
                file for file in path.rglob("*") if not any(part[0] == "." for part in file.relative_to(path).parts)
            ]
        elif path.exists():
            found = [path]
        else:
            found = [Path(name) for name in glob.glob(str(path), recursive=True)]  # noqa: PTH207  absolute ones too
        sizes = ((file, _read_size(file)) for file in sorted(found))
        self.entries = [Entry(str(file), size) for file, size in sizes if size is not None]
        if not self.entries:
            raise LogError(f"{place}: no such file, or a folder or pattern without files")

    def fetch(self, entries: Sequence[Entry], _folder: Path, /) -> Iterator[tuple[Entry, Path]]:
        """Yield each entry's path."""
        for entry in entries:
            yield entry, Path(entry.name)


def _read_size(path: Path) -> int | None:
    """The size of a file; None for a folder and for what is not there any more. What cannot be asked is told later."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    except OSError:
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def plain(name: str) -> str:
    """Return a field's name as all formats have it: `cs(Cookie)` and `cs_cookie` are `cscookie`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def find_fields(names: Sequence[str]) -> dict[str, str]:
    """Return our names of the fields that a log has, with the log's."""
    by_plain = {plain(name): name for name in reversed(names)}
    return {
        ours: by_plain[known] for ours, all_known in FIELD_NAMES.items() for known in all_known if known in by_plain
    }


def batches(entries: Sequence[Entry], most_bytes: int, most_files: int) -> Iterator[list[Entry]]:
    """Yield the entries in parts that are read at once; a larger file is one by itself."""
    batch: list[Entry] = []
    for entry in entries:
        if batch and (len(batch) >= most_files or sum(one.size for one in batch) + entry.size > most_bytes):
            yield batch
            batch = []
        batch.append(entry)
    if batch:
        yield batch


def sniff(path: Path, fields: Sequence[str] = ()) -> Format:
    """Return the format of a file by its beginning; `fields` are those of lines without a header. LogError."""
    with path.open("rb") as file:
        start = file.read(4)
    if start == PARQUET:
        return Format("parquet")
    is_gzip = start[:2] == GZIP
    try:
        with gzip.open(path, "rb") if is_gzip else path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise LogError("the gzip file is damaged or incomplete") from error
    lines = [line for line in head.decode(LATIN_1).splitlines() if line.strip()]
    first = next((line for line in lines if line[0] != "#"), "")
    header = next((line for line in lines if line.startswith("#Fields:")), "")
    if first.startswith("{"):
        return Format("json", is_gzip=is_gzip)
    named = tuple(header.removeprefix("#Fields:").split()) or tuple(fields)
    if not first:
        return Format("empty")
    return _find_delimited(first, named, is_gzip)


def _find_delimited(line: str, fields: tuple[str, ...], is_gzip: bool) -> Format:
    """The format of lines with a delimiter, by the first line and the names of its fields."""
    for known in (fields,) if fields else (STANDARD_FIELDS, DELIVERED_FIELDS):
        for delimiter in DELIMITERS:
            if line.count(delimiter) == len(known) - 1:
                return Format("delimited", known, delimiter, is_gzip)
    if fields:
        return Format("delimited", fields, "\t", is_gzip)  # its lines are counted as malformed
    raise LogError(
        "no access log: there is no line #Fields, nor are these the standard fields; name them with --fields"
    )
