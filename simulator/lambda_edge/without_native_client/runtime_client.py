"""awslambdaric's native module in Python, for platforms where no wheel carries it (runs inside the worker)."""

import http.client
import os

_API = "/2018-06-01/runtime/invocation"
_agent = ""


def initialize_client(user_agent):
    global _agent  # noqa: PLW0603  the native module keeps one client per process as well
    _agent = user_agent


def next():
    """(event bytes, headers) of the next invocation; waits for it."""
    _, headers, body = _exchange("GET", f"{_API}/next", None, {})
    headers["Lambda-Runtime-Deadline-Ms"] = int(headers["Lambda-Runtime-Deadline-Ms"])
    return body, headers


def post_invocation_result(request_id, result, content_type, invocation_id=None):  # noqa: ARG001  the native signature
    _exchange("POST", f"{_API}/{request_id}/response", result, {"Content-Type": content_type})


def post_error(request_id, error, xray_fault, invocation_id=None):  # noqa: ARG001  the native signature
    headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": "Unhandled"}
    _exchange("POST", f"{_API}/{request_id}/error", error.encode(), headers)


def _exchange(method, path, body, headers):
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
