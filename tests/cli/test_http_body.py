"""The body of a request that was pasted as text."""

from __future__ import annotations

import base64

import pytest

from cli.explain.events import read_event
from cli.explain.http_body import MAX_BODY_BYTES
from cli.output.errors import UsageError

JSON = '{"tenantId": "acme",\n "note": "ü"}'


def body(text: str) -> bytes | None:
    request = read_event(text, "file", "r")["Records"][0]["cf"]["request"]
    return base64.b64decode(request["body"]["data"]) if "body" in request else None


def head(*lines: str) -> str:
    return "\n".join(["POST /orders HTTP/1.1", "Host: example.com", *lines])


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("lines", "rest", "content"),
    [
        ([], JSON, JSON),
        ([f"Content-Length: {len(JSON.encode())}"], JSON, JSON),
        ([f"Content-Length: {len(JSON.encode())}"], f"{JSON}\n", JSON),
        (["content-length: 3"], "abcdef", "abc"),
        (["Content-Length: 300"], "abc", "abc"),
        (["Transfer-Encoding: chunked"], "4\r\nWiki\r\n5;a=b\r\npedia\r\n0\r\n\r\n", "Wikipedia"),
        (["Transfer-Encoding: chunked"], "4\nWi\ni\n6\npe\r\ndi\n0\nX: y\n", "Wi\nipe\r\ndi"),
    ],
)
def test_the_body_is_what_content_length_and_chunks_say_or_the_rest(
    end: str, lines: list[str], rest: str, content: str
) -> None:
    text = head(*lines).replace("\n", end) + 2 * end + rest
    assert body(text) == body("\r\n" + text) == content.encode()


@pytest.mark.parametrize(
    "text", [head(), head() + "\n", head() + "\n\n", head() + "\r\n\r\n", head("Content-Length: 0") + "\n\nx"]
)
def test_a_request_without_a_body_has_none(text: str) -> None:
    assert body(text) is None


@pytest.mark.parametrize(
    ("rest", "problem"),
    [
        ("Wiki", "a chunk of the body has no size"),
        ("", "a chunk of the body has no size"),
        ("9\nWiki", "a chunk of the body has 4 bytes, and its size is 9"),
        ("-1\nWiki", "a chunk of the body has no size"),
        ("4\nWiki\n", "a chunk of the body has no size"),
    ],
)
def test_chunks_that_do_not_add_up_are_told(rest: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        body(f"{head('Transfer-Encoding: chunked')}\n\n{rest}")
    assert str(caught.value) == f"file: {problem}"


def test_a_body_is_cut_where_the_function_sees_no_more() -> None:
    request = read_event(f"{head()}\n\n{'x' * (MAX_BODY_BYTES + 1)}", "file", "r")["Records"][0]["cf"]["request"]
    assert request["body"]["inputTruncated"]
    assert len(base64.b64decode(request["body"]["data"])) == MAX_BODY_BYTES
