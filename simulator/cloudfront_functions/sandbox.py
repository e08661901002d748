"""The process that functions run in: it can be killed when one never ends, and takes nothing down with it."""

import atexit
import contextlib
import hashlib
import json
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from simulator.cloudfront_functions.key_value_store import KeyValueStore


class FunctionCodeError(ValueError):
    """Code that CloudFront would not take: too long, not JavaScript, or in need of what runtime 2.0 has not."""


WALL_LIMIT_SECONDS = 20.0
"""The longest wait for an answer; the limit on CPU time comes first unless this machine stands still."""


class SandboxEndedError(Exception):
    """The process ended while a function ran. `is_timeout` where it used all the time that it had."""

    def __init__(self, message: str, *, is_timeout: bool) -> None:
        super().__init__(message)
        self.is_timeout = is_timeout


class Sandbox:
    """Starts when it is first needed, and again after a function was killed. Safe to use from several threads."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._programs: set[str] = set()
        self._stores: dict[str, str] = {}
        self._rest = b""
        self._lock = threading.RLock()

    def load(self, code: str) -> str:
        """Compile code once; the name of the program. Raises FunctionCodeError with the line for an error of syntax."""
        name = hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
        with self._lock:
            if self._is_running and name in self._programs:
                return name
            reply = self._ask({"do": "load", "program": name, "code": code})
            self._programs.difference_update(reply["dropped"])
            if "error" in reply:
                raise FunctionCodeError(_readable(reply["error"]))
            self._programs.add(name)
        return name

    def run(self, code: str, event: str, settings: dict[str, object], store: KeyValueStore | None) -> dict[str, Any]:
        """The engine's reply. Raises SandboxEndedError."""
        with self._lock:
            program = self.load(code)
            if store is not None and self._stores.get(store.arn) != store.version:
                copy = {"do": "store", "arn": store.arn, "id": store.id, "pairs": store.pairs, "meta": store.meta}
                self._send(json.dumps(copy).encode() + b"\n")
                self._stores[store.arn] = store.version
            request = {"do": "run", "program": program, "store": store.arn if store else None, **settings}
            return self._ask(request, event.encode() + b"\n")

    def close(self) -> None:
        """End the process. The next run starts another."""
        with self._lock:
            self._end()

    @property
    def _is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _ask(self, request: dict[str, object], following: bytes = b"") -> dict[str, Any]:
        self._send(json.dumps(request).encode() + b"\n" + following)
        return json.loads(self._line())

    def _send(self, message: bytes) -> None:
        if not self._is_running:
            self._begin()
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # reading the answer tells what happened
            self._process.stdin.write(message)
            self._process.stdin.flush()

    def _line(self) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        deadline = time.monotonic() + WALL_LIMIT_SECONDS
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self._process.stdout], (), (), max(0.0, deadline - time.monotonic()))
            chunk = self._process.stdout.read1(65536) if ready else b""  # type: ignore[union-attr]  it is buffered
            if not chunk:
                raise self._end_failed(is_silent=not ready)
            self._rest += chunk
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _end_failed(self, *, is_silent: bool) -> SandboxEndedError:
        assert self._process is not None
        if is_silent:
            self._process.kill()
        status = self._process.wait()
        self._end()
        if is_silent or status == -signal.SIGPROF:
            return SandboxEndedError("the function did not end within the time that it may take", is_timeout=True)
        return SandboxEndedError(f"the JavaScript engine ended with status {status}", is_timeout=False)

    def _begin(self) -> None:
        self._end()
        self._process = subprocess.Popen(  # noqa: S603  a file of this package, nothing from outside
            [sys.executable, "-I", str(Path(__file__).with_name("engine.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C in the terminal is for the simulator, which then ends this process
        )

    def _end(self) -> None:
        process, self._process = self._process, None
        self._programs.clear()
        self._stores.clear()
        self._rest = b""
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


def _readable(message: str) -> str:
    """QuickJS's message with the line first: "line 3: SyntaxError: …"."""
    summary, _, place = message.partition("\n")
    line = place.partition("<input>:")[2].partition(":")[0]
    return f"line {line}: {summary}" if line else summary


SHARED = Sandbox()
"""The one that all functions of this process run in, one after the other, each in a context of its own."""
atexit.register(SHARED.close)
