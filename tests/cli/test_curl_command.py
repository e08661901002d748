"""A pasted curl command becomes the request that curl sends."""

from __future__ import annotations

import pytest

from cli.explain.curl_command import CurlError, is_curl_command, read_curl_command
from cli.explain.events import read_event
from cli.output.errors import UsageError

BROWSER = """curl 'https://www.example.com/shop?page=2' \\
  -H 'accept: text/html' \\
  -H 'Cookie: sessiontoken=a b; theme=dark' \\
  --compressed --data-raw $'{"tenant":"acme\\u0021\\n"}'
"""


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("curl https://www.example.com", "GET / HTTP/1.1\r\nhost: www.example.com\r\n\r\n"),
        ("  $ curl -sI www.example.com/a?b=1", "HEAD /a?b=1 HTTP/1.1\r\nhost: www.example.com\r\n\r\n"),
        (
            "curl -so /dev/null -b 'a=1' --cookie b=2 -A me -e /from http://h:81/",
            "GET / HTTP/1.1\r\nhost: h:81\r\ncookie: a=1; b=2\r\nuser-agent: me\r\nreferer: /from\r\n\r\n",
        ),
        (
            "curl -X PUT -H 'Host: other' -H 'content-type: text/plain' -d x -d y=1 https://h/",
            "PUT / HTTP/1.1\r\nHost: other\r\ncontent-type: text/plain\r\n\r\nx&y=1",
        ),
        ("curl -G -d a=1 -d b=2 'https://h/p?c=3'", "GET /p?c=3&a=1&b=2 HTTP/1.1\r\nhost: h\r\n\r\n"),
        ("curl --json '{}' https://h/", "POST / HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n\r\n{}"),
        ("curl -u me:pw --url https://h/ -k", "GET / HTTP/1.1\r\nhost: h\r\nauthorization: Basic bWU6cHc=\r\n\r\n"),
        (
            BROWSER,
            "POST /shop?page=2 HTTP/1.1\r\naccept: text/html\r\nCookie: sessiontoken=a b; theme=dark\r\n"
            "host: www.example.com\r\ncontent-type: application/x-www-form-urlencoded\r\n\r\n"
            '{"tenant":"acme!\n"}',
        ),
    ],
)
def test_a_command_is_the_request_that_it_sends(command: str, expected: str) -> None:
    assert is_curl_command(command)
    assert read_curl_command(command) == expected


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("curl -H 'a: b'", "the curl command has no URL"),
        ("curl 'https://h/", "not a curl command: a quote is not closed"),
        ("curl https://h/ -H", "not a curl command: argument -H/--header: expected one argument"),
    ],
)
def test_what_is_missing_is_said(command: str, error: str) -> None:
    with pytest.raises(CurlError) as raised:
        read_curl_command(command)
    assert str(raised.value) == error
    with pytest.raises(UsageError) as ended:
        read_event(command, "standard input", "explain")
    assert str(ended.value) == f"standard input: {error}"


def test_other_text_is_no_command() -> None:
    assert not is_curl_command("GET /curl HTTP/1.1\r\n\r\n")
    assert not is_curl_command("* Connected to curl\n> GET / HTTP/2\n")


def test_a_command_is_explained_as_an_event() -> None:
    request = read_event(BROWSER, "standard input", "explain")["Records"][0]["cf"]["request"]
    assert (request["method"], request["uri"], request["querystring"]) == ("POST", "/shop", "page=2")
    assert request["headers"]["cookie"] == [{"key": "Cookie", "value": "sessiontoken=a b; theme=dark"}]
    assert request["body"]["encoding"] == "base64"
