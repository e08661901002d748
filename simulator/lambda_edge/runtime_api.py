"""The Lambda Runtime API ("Using the Lambda runtime API for custom runtimes") for one worker."""

import asyncio
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from simulator.lambda_edge.function import FunctionCode
from simulator.loopback import LoopbackServer, Request, Response

MAX_ANSWER_BYTES = 6 * 1024 * 1024 + 100
"""Lambda's limit on a synchronous answer ("Lambda quotas"); CloudFront's own, smaller limits come after it."""
_PREFIX = "/2018-06-01/runtime/"


@dataclass(frozen=True, slots=True)
class Answer:
    """The runtime's response: the body of /response, or of /error."""

    kind: Literal["response", "error"]
    body: bytes
    duration_ms: float


@dataclass
class Job:
    """One invocation on its way through a worker."""

    event: bytes
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    handed_out_at: float | None = None
    answer: asyncio.Future[Answer] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class RuntimeApi:
    """Serves one worker on its own port: awslambdaric takes host and port only, and 127.0.0.2 is not on every OS.

    `on_parked` is called when the worker waits in /next with nothing to do, `on_unparked` before it gets its next job.
    """

    def __init__(self, function: FunctionCode, on_parked: Callable[[], None], on_unparked: Callable[[], None]) -> None:
        self._function = function
        self._on_parked, self._on_unparked = on_parked, on_unparked
        self._server = LoopbackServer(self._answer)
        self._waiting: asyncio.Future[Job] | None = None
        self._queued: Job | None = None
        self._running: Job | None = None
        self.is_ready = asyncio.Event()
        self.init_error: str | None = None

    async def listen(self) -> str:
        """Return host:port for AWS_LAMBDA_RUNTIME_API."""
        await self._server.listen()
        return self._server.address

    async def close(self) -> None:
        await self._server.close()

    def submit(self, job: Job) -> None:
        """Hand the job to the worker, now or when it next asks."""
        if self._waiting is None or self._waiting.done():
            self._queued = job
            return
        self._on_unparked()
        self._waiting.set_result(job)

    async def _answer(self, request: Request) -> Response:
        path = request.path.removeprefix(_PREFIX)
        if (request.method, path) == ("GET", "invocation/next"):
            return await self._next()
        if (request.method, path) == ("POST", "init/error"):
            self.init_error = _error_message(request.body)
            return _accept()
        invocation, _, kind = path.rpartition("/")
        return self._finish(kind, invocation.removeprefix("invocation/"), request)

    async def _next(self) -> Response:
        self.is_ready.set()
        job, self._queued = self._queued, None
        if job is None:
            self._waiting = asyncio.get_running_loop().create_future()
            self._on_parked()
            job = await self._waiting
        self._running = job
        job.handed_out_at = time.perf_counter()
        deadline_ms = int((time.time() + self._function.timeout_seconds) * 1000)
        headers = [
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", job.request_id),
            ("Lambda-Runtime-Deadline-Ms", str(deadline_ms)),
            ("Lambda-Runtime-Invoked-Function-Arn", self._function.arn),
            ("Lambda-Runtime-Trace-Id", f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0"),
        ]
        return Response(200, job.event, headers)

    def _finish(self, kind: str, request_id: str, request: Request) -> Response:
        job = self._running
        if request.method != "POST" or kind not in ("response", "error"):
            return _refusal(404, "NotFound", request.path)
        if job is None or job.request_id != request_id or job.handed_out_at is None:
            return _refusal(400, "InvalidRequestID", "Invalid request ID")
        self._running = None
        duration_ms = (time.perf_counter() - job.handed_out_at) * 1000
        if not job.answer.done():
            job.answer.set_result(Answer(kind, request.body, duration_ms))
        if len(request.body) > MAX_ANSWER_BYTES:
            return _refusal(413, "RequestEntityTooLarge", f"Exceeded maximum payload size ({MAX_ANSWER_BYTES} bytes).")
        return _accept()


def _error_message(body: bytes) -> str:
    try:
        document = json.loads(body)
        return f"{document['errorType']}: {document['errorMessage']}"
    except (ValueError, KeyError, TypeError):
        return body.decode("utf-8", "replace")


def error_message(answer: Answer) -> str:
    """`Type: message` of a posted error."""
    return _error_message(answer.body)


def _accept() -> Response:
    return Response(202, b'{"status":"OK"}', [("Content-Type", "application/json")])


def _refusal(status: int, kind: str, message: str) -> Response:
    body = json.dumps({"errorType": kind, "errorMessage": message}).encode()
    return Response(status, body, [("Content-Type", "application/json")])
