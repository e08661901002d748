"""awslambdaric's native module in Python, for platforms where no wheel carries it (runs inside the worker)."""

import http.client
import os

_API = "/2018-06-01/runtime/invocation"
_agent = ""


def initialize_client(user_agent: str) -> None:
    global _agent  # noqa: PLW0603  the native module keeps one client per process as well
    _agent = user_agent


def next() -> tuple[bytes, dict[str, str | int]]:
    """(event bytes, headers) of the next invocation; waits for it."""
    _, headers, body = _exchange("GET", f"{_API}/next", None, {})
    return body, {**headers, "Lambda-Runtime-Deadline-Ms": int(headers["Lambda-Runtime-Deadline-Ms"])}


def post_invocation_result(
    request_id: str,
    result: str | bytes,
    content_type: str,
    invocation_id: str | None = None,  # noqa: ARG001  the native signature
) -> None:
    _exchange("POST", f"{_API}/{request_id}/response", result, {"Content-Type": content_type})


def post_error(
    request_id: str,
    error: str,
    xray_fault: str,  # noqa: ARG001  the native signature
    invocation_id: str | None = None,  # noqa: ARG001  the native signature
) -> None:
    headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": "Unhandled"}
    _exchange("POST", f"{_API}/{request_id}/error", error.encode(), headers)


def _exchange(
    method: str, path: str, body: str | bytes | None, headers: dict[str, str]
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        connection.request(method, path, body, {"User-Agent": _agent, **headers})
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status >= 300 and answer.status != 413:
        raise RuntimeError(f"Lambda Runtime API: {method} {path}: {answer.status}")
    return answer.status, dict(answer.getheaders()), content
