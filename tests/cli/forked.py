"""Runs the command many times over in children of one process, each with standard streams of its own.

`python -m tests.cli.forked`: reads cases as JSON lines, writes results as JSON lines. A case is
{"arguments": […], "streams": {"0" | "1" | "2": "closed" | "null" | "full" | "gone" | "folder"}}; a stream that is not
named is kept, and comes back as text.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import sys
import tempfile
from typing import Any, NoReturn

import cli
import cli.main
from cli.output.streams import prepare

FLAGS = {0: os.O_RDONLY, 1: os.O_WRONLY, 2: os.O_WRONLY}


def run(case: dict[str, Any]) -> dict[str, Any]:
    """The child's exit code, and what it wrote to the streams that were kept."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            _be_command(case, {1: out.fileno(), 2: err.fileno()})
        _, status = os.waitpid(child, 0)
        texts = [(file.seek(0), file.read().decode(errors="replace"))[1] for file in (out, err)]
    return {"code": os.waitstatus_to_exitcode(status), "out": texts[0], "err": texts[1]}


def _be_command(case: dict[str, Any], kept: dict[int, int]) -> NoReturn:
    """As a new process would begin, and end."""
    code: Any = 99
    try:
        kinds = {descriptor: case["streams"].get(str(descriptor), "kept") for descriptor in (0, 1, 2)}
        for descriptor in sorted(kinds, key=lambda one: kinds[one] == "closed"):  # else the next one opened takes it
            _put(descriptor, kinds[descriptor], kept.get(descriptor))
        sys.stdin, sys.stdout, sys.stderr = (_open(descriptor) for descriptor in (0, 1, 2))
        prepare()
        try:
            cli.main.main(case["arguments"])
        except SystemExit as ended:
            code = ended.code
        except BaseException:  # noqa: BLE001  as the interpreter tells of it
            sys.excepthook(*sys.exc_info())
            code = 97
        code = _flush(code)
    finally:
        os._exit(code if isinstance(code, int) else 98)


def _put(descriptor: int, kind: str, kept: int | None) -> None:
    if kind == "closed":
        os.close(descriptor)
        return
    source = os.open({"full": "/dev/full", "folder": "/"}.get(kind, os.devnull), FLAGS[descriptor])
    if kind == "gone":
        reader, source = os.pipe()
        os.close(reader)
    os.dup2(kept if kind == "kept" and kept is not None else source, descriptor)
    os.close(source)


def _open(descriptor: int) -> Any:
    """None for one that is closed, as Python has it."""
    with contextlib.suppress(OSError):
        return os.fdopen(descriptor, "r" if descriptor == 0 else "w", closefd=False)
    return None


def _flush(code: Any) -> Any:
    """Python flushes both at its end: what it cannot write there makes the exit code 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            return 120
    return code


def import_commands() -> None:
    """Import all that a command may, so that no child has to."""
    for module in pkgutil.walk_packages(cli.__path__, "cli."):
        if module.name != "cli.__main__":
            importlib.import_module(module.name)
    gc.freeze()  # else each child's first collection copies all of it


if __name__ == "__main__":
    import_commands()
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
