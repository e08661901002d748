"""The text of a file, whatever its path turns out to be: words for why there is none."""

import os
import select
import stat
from pathlib import Path

MAX_BYTES = 128 * 1024 * 1024
"""No state comes near; /dev/zero has no end."""
FIFO_WAIT_SECONDS = 60
"""For whoever writes to a pipe with a name; one that nobody writes to would hold a command for ever."""


class TextFileError(Exception):
    """No text; the message follows the file's name. `is_missing` where nothing stands at the path, no link either."""

    def __init__(self, reason: str, *, is_missing: bool = False) -> None:
        super().__init__(reason)
        self.is_missing = is_missing


def read_text(path: Path | str, *, fifo_wait_seconds: float = FIFO_WAIT_SECONDS) -> str:
    """UTF-8, with or without a byte order mark, of a file or of a pipe (`<(…)`). Errors: TextFileError."""
    return decode_text(read_content(path, fifo_wait_seconds=fifo_wait_seconds))


def read_content(path: Path | str, *, fifo_wait_seconds: float = FIFO_WAIT_SECONDS) -> bytes:
    """All bytes of a file or of a pipe (`<(…)`). Errors: TextFileError."""
    try:
        return _content(path, fifo_wait_seconds)
    except FileNotFoundError as error:
        raise _missing(path, error) from error
    except OSError as error:
        raise TextFileError(f"cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # a NUL in the path
        raise TextFileError(f"cannot be read: {error}") from error


def decode_text(content: bytes) -> str:
    """Bytes as UTF-8. Errors: TextFileError says where they are not."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextFileError(f"is not valid UTF-8: {error.reason} at byte {error.start}") from error
    if "\0" in text:
        raise TextFileError(f"is not text: NUL at byte {content.index(0)}")
    return text


def refuse_special(path: Path) -> None:
    """TextFileError for what cannot be read again and again: a folder, a pipe, a device. What is not there passes."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):  # whoever opens it says why
        return
    if not stat.S_ISREG(mode):
        raise TextFileError(f"is {_kind(mode)}, and has to be a file")


def _kind(mode: int) -> str:
    kinds = {
        stat.S_ISDIR: "a folder",
        stat.S_ISFIFO: "a pipe",
        stat.S_ISSOCK: "a socket",
        stat.S_ISCHR: "a device",
        stat.S_ISBLK: "a device",
    }
    return next((name for is_kind, name in kinds.items() if is_kind(mode)), "something else")


def _missing(path: Path | str, error: FileNotFoundError) -> TextFileError:
    if Path(path).is_symlink():
        return TextFileError(f"is a link to {Path(path).readlink()}, which is not there")
    return TextFileError(error.strerror or "No such file or directory", is_missing=True)


def _content(path: Path | str, fifo_wait_seconds: float) -> bytes:
    # Without O_NONBLOCK, opening a pipe waits for its writer, and nothing ends that.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            _wait_for_writer(descriptor, fifo_wait_seconds)
        os.set_blocking(descriptor, True)
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise TextFileError(f"is larger than {MAX_BYTES // 1024 // 1024} MB")
    return content


def _wait_for_writer(descriptor: int, seconds: float) -> None:
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    if not waiting.poll(seconds * 1_000):
        raise TextFileError(f"is a pipe, and nobody has written to it for {seconds:g} s")
