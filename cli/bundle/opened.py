"""A package as its files: read from a path or from bytes, within Lambda's limits, whoever has made it."""

from __future__ import annotations

import io
import stat
import zlib
from collections import Counter
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

from cli.output.errors import UsageError
from simulator.standin.config.text_file import TextFileError, read_content

MAX_UNZIPPED_BYTES = 250 * 1024 * 1024
"""The most that a function may have in all ("Lambda quotas"): a larger one does not run."""
ENTRY_POINTS = ("controller", "validator", "router")
"""The rooms with a handler; the packages of the first two hold modules of the router, and not its handler."""


@dataclass(frozen=True)
class Opened:
    """The files by name. `oddities` are those that are not plain files, or stand there twice: name to what is wrong."""

    files: dict[str, bytes]
    oddities: dict[str, str]

    @property
    def kind(self) -> str:
        """router, controller or validator by the handler in it; "" for none."""
        return next((name for name in ENTRY_POINTS if f"{name}/handler.py" in self.files), "")


def read_package(path: Path) -> bytes:
    """Return the bytes of a file or a pipe. UsageError."""
    try:
        return read_content(path)
    except TextFileError as error:
        reason = f"cannot be read: {error}" if error.is_missing else error
        raise UsageError(f"--verify {path}: {reason}") from error


def open_package(content: bytes, source: str) -> Opened:
    """Return the files of a zip; UsageError, which begins with `source`, where it is none."""
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if sum(entry.file_size for entry in entries) > MAX_UNZIPPED_BYTES:
                raise UsageError(f"{source}: has more than {MAX_UNZIPPED_BYTES // 1024 // 1024} MB unzipped")
            files = {entry.filename: archive.read(entry) for entry in entries}
    except (
        BadZipFile,
        EOFError,
        LZMAError,
        NotImplementedError,
        OSError,
        RuntimeError,  # encrypted ones
        ValueError,
        zlib.error,
    ) as error:
        raise UsageError(f"{source}: is not a zip of a package: {error}") from None
    counts = Counter(entry.filename for entry in entries)
    oddities = {name: "is in the zip more than once" for name, count in counts.items() if count > 1}
    oddities |= {entry.filename: "is not a plain file" for entry in entries if not _is_plain(entry)}
    return Opened(files, oddities)


def _is_plain(entry: ZipInfo) -> bool:
    """Return False for what a Unix system would unzip as a link or a device."""
    return stat.S_IFMT(entry.external_attr >> 16) in (0, stat.S_IFREG)
