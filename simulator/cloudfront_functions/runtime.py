"""One CloudFront Function and its runs."""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.cloudfront_functions.key_value_store import KeyValueStore
from simulator.cloudfront_functions.sandbox import SHARED, FunctionCodeError, Sandbox, SandboxEndedError
from simulator.cloudfront_functions.syntax import PAGE, refused_features, without_imports
from simulator.cloudfront_rules import FUNCTION_LIMIT_BYTES

COMPUTE_LIMIT_SECONDS = 0.2
"""AWS does not say how long a function may run ("compute utilization" is a percentage); ample for QuickJS."""


@dataclass(frozen=True)
class OriginUpdate:
    """The argument of updateRequestOrigin, or overrides of the origin `id`; nothing in it has been checked."""

    update: object
    id: object = None
    is_selection: bool = False


@dataclass(frozen=True)
class FunctionResult:
    """`result` is what handler returned, as JSON has it; None with `error` set, or where it returned nothing.

    `error` is None, "timeout", "unhandled" (an exception or a rejected promise), "engine" (QuickJS itself failed) or
    "unreadable" (the result is not JSON). `compute_us` is wall time from event to result, in microseconds.
    """

    result: Any = None
    error: str | None = None
    error_message: str = ""
    origin_update: OriginUpdate | None = None
    logs: tuple[str, ...] = ()
    compute_us: float = 0.0


def check_code(code: str) -> None:
    """Raises FunctionCodeError where the code is too long, or needs what runtime 2.0 has not; names every place."""
    size = len(code.encode("utf-8", "surrogatepass"))
    if size > FUNCTION_LIMIT_BYTES:
        raise FunctionCodeError(
            f"the code has {size} bytes: CloudFront takes at most {FUNCTION_LIMIT_BYTES} (AWS page cloudfront-limits)"
        )
    if refused := refused_features(code):
        raise FunctionCodeError(
            f"JavaScript runtime 2.0 does not have: {'; '.join(map(str, refused))} (AWS page {PAGE})"
        )


class FunctionRuntime:
    """Runs one function's code (runtime cloudfront-js-2.0) with the store that is associated with it, or none.

    Every run starts from the top of the code: functions remember nothing. Changes of the store are seen by the next
    run. `clock` gives seconds since the epoch, at which Date stands still during a run. Raises FunctionCodeError where
    CloudFront would not take the code.
    """

    def __init__(
        self,
        code: str,
        kvs: KeyValueStore | None = None,
        *,
        clock: Callable[[], float] = time.time,
        compute_limit_seconds: float = COMPUTE_LIMIT_SECONDS,
        sandbox: Sandbox = SHARED,
    ) -> None:
        check_code(code)
        self.kvs = kvs
        self._code = without_imports(code)
        self._clock, self._limit, self._sandbox = clock, compute_limit_seconds, sandbox
        sandbox.load(self._code)

    def run(self, event: Mapping[str, Any], *, edge_location: Mapping[str, str] | None = None) -> FunctionResult:
        """The outcome for an event of the shape of page functions-event-structure (version 1.0). Never raises.

        A string `rawQueryString` beside `request` in the event is what `request.rawQueryString()` gives.
        """
        settings: dict[str, object] = {
            "startSeconds": self._clock(),
            "cpuSeconds": self._limit,
            "edgeLocation": json.dumps(edge_location or {}),
        }
        try:
            reply = self._sandbox.run(self._code, json.dumps(event), settings, self.kvs)
        except SandboxEndedError as error:
            return FunctionResult(error="timeout" if error.is_timeout else "engine", error_message=str(error))
        return _result(reply)


def _result(reply: dict[str, Any]) -> FunctionResult:
    error, message = None, ""
    if "error" in reply:
        error, message = "unhandled", _with_line(reply["error"], reply["stack"])
    elif "unreadable" in reply:
        error, message = "unreadable", f"the result is not JSON: {reply['unreadable']}"
    return FunctionResult(
        result=reply.get("value"),
        error=error,
        error_message=message,
        origin_update=_origin_update(reply["origin"]),
        logs=tuple(reply["logs"]),
        compute_us=reply["computeNs"] / 1000,
    )


def _with_line(message: str, stack: str) -> str:
    """The line of the function's own code where it happened; the engine's scripts have lines far above."""
    lines = [int(line) for line in re.findall(r"<input>:(\d+)", stack)]
    own = [line for line in lines if line <= FUNCTION_LIMIT_BYTES]
    return f"{message} (line {own[0]})" if own else message


def _origin_update(text: str | None) -> OriginUpdate | None:
    if text is None:
        return None
    asked = json.loads(text)
    return OriginUpdate(asked.get("update"), asked.get("id"), "id" in asked or "update" not in asked)
