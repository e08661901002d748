"""Events to explain: a CloudFront event as JSON, an HTTP request as text with or without a body, a curl command."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, cast

from cli.explain.curl_command import is_curl_command, read_curl_command
from cli.explain.curl_options import CurlError
from cli.explain.http_body import decode_request, read_body, split_body
from cli.explain.http_head import is_curl_output, to_http1
from cli.output.console import err
from cli.output.errors import UsageError
from simulator.standin.config.text_file import TextFileError, decode_text, read_content

if TYPE_CHECKING:
    import h11

BLANK = b"\xef\xbb\xbf \t\r\n"
"""Allowed before JSON: white space and a byte order mark."""
MAX_STDIN_BYTES = 128 * 1024 * 1024
EXPECTED = "expected a request line such as 'GET / HTTP/1.1', and header lines"


def read_event(text: str, source: str, request_id: str) -> dict[str, Any]:
    """Return a CloudFront event; `request_id` is for an HTTP request or a curl command. UsageError."""
    if text.lstrip()[:1] in {"{", "["}:
        return _parse_json(text, source)
    if is_curl_command(text):
        try:
            text = read_curl_command(text)
        except CurlError as error:
            raise UsageError(f"{source}: {error}") from error
    return _parse_http(text, source, request_id)


def read_text(path: str) -> str:
    """Read a file, or standard input for "-"; bytes of a body that are not UTF-8 become surrogate escapes."""
    try:
        content = _read_stdin() if path == "-" else read_content(path)
        return decode_text(content) if content.lstrip(BLANK)[:1] in (b"{", b"[") else decode_request(content)
    except TextFileError as error:
        reason = "no such file" if error.is_missing else error
        raise UsageError(f"{'standard input' if path == '-' else path}: {reason}") from error


def _read_stdin() -> bytes:
    if sys.stdin is None or sys.stdin.closed:
        raise TextFileError("is closed")
    if sys.stdin.isatty():
        err.print("reading from the terminal; press Ctrl-D to end the input")
    try:
        return sys.stdin.buffer.read(MAX_STDIN_BYTES)
    except OSError as error:
        raise TextFileError(f"cannot be read: {error.strerror}") from error


def _parse_json(text: str, source: str) -> dict[str, Any]:
    try:
        event: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{source}: not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise UsageError(f"{source}: JSON that is nested too deeply") from error
    if isinstance(event, dict) and isinstance(cast("dict[str, Any]", event).get("Records"), list):
        return cast("dict[str, Any]", event)
    raise UsageError(f"{source}: a CloudFront event has Records[0].cf.request; this JSON has no list Records")


def _parse_http(text: str, source: str, request_id: str) -> dict[str, Any]:
    head, rest = split_body(text)
    if is_curl_output(head):
        rest = ""  # of the response: curl does not print the body that it sends
    request = _parse_head(to_http1(head), source)
    path, _, query = request.target.decode("ascii", "replace").partition("?")
    headers: dict[str, list[dict[str, str]]] = {}
    for name, value in request.headers.raw_items():
        entry = {"key": name.decode("ascii"), "value": value.decode("latin-1")}
        headers.setdefault(entry["key"].lower(), []).append(entry)
    cf = {
        "config": {"eventType": "viewer-request", "requestId": request_id},
        "request": {
            "clientIp": "127.0.0.1",
            "method": request.method.decode("ascii"),
            "uri": path or "/",
            "querystring": query,
            "headers": headers,
            **_body(rest, headers, source),
        },
    }
    return {"Records": [{"cf": cf}]}


def _body(rest: str, headers: dict[str, list[dict[str, str]]], source: str) -> dict[str, Any]:
    try:
        return read_body(rest, headers)
    except ValueError as error:
        raise UsageError(f"{source}: {error}") from error


def _parse_head(text: str, source: str) -> h11.Request:
    """Parse with h11 (RFC 9112); LF line ends, a missing Host and a missing empty line at the end are allowed."""
    import h11

    lines = text.replace("\r\n", "\n").strip("\n").split("\n")
    if not lines[0].strip():
        raise UsageError(f"{source}: is empty; {EXPECTED}")
    if not any(line.lower().startswith("host:") for line in lines[1:]):
        lines.insert(1, "Host: localhost")
    if lines[0].count(" ") == 1:
        lines[0] += " HTTP/1.1"
    connection = h11.Connection(h11.SERVER)
    connection.receive_data("\r\n".join([*lines, "", ""]).encode("latin-1", "replace"))
    try:
        event = connection.next_event()
    except h11.RemoteProtocolError as error:
        reason = str(error).partition(":")[0]  # the rest repeats the request
        raise UsageError(f"{source}: neither a CloudFront event nor an HTTP request ({reason}); {EXPECTED}") from error
    if not isinstance(event, h11.Request):
        raise UsageError(f"{source}: the header lines do not end; {EXPECTED}")
    return event
