"""A pasted curl command becomes the request that curl sends."""

from __future__ import annotations

import base64

import pytest

from cli.explain.curl_command import is_curl_command, read_curl_command
from cli.explain.curl_options import LETTERS, REFUSED, WITH_VALUE, WITHOUT_VALUE, CurlError
from cli.explain.events import read_event
from cli.output.errors import UsageError

BROWSER = """curl 'https://www.example.com/shop?page=2' \\
  -H 'accept: text/html' \\
  -H 'Cookie: sessiontoken=a b; theme=dark' \\
  --compressed --data-raw $'{"tenant":"acme\\u0021\\n"}'
"""
SENT = {
    *("continue-at", "cookie", "data", "data-ascii", "data-binary", "data-raw", "data-urlencode", "header", "json"),
    *("oauth2-bearer", "range", "referer", "request", "request-target", "url", "url-query", "user", "user-agent"),
}
"""Options with a value that change the request."""


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
        (
            'curl ^"https://h/p?x-qa=1^&b=2^" ^\r\n  -H ^"cookie: a=1; b=^%20^" ^\n --data-raw ^"^{^\\^"a^\\^":1^}^"',
            "POST /p?x-qa=1&b=2 HTTP/1.1\r\ncookie: a=1; b=%20\r\nhost: h\r\n"
            'content-type: application/x-www-form-urlencoded\r\n\r\n{"a":1}',
        ),
        ("curl -H 'x-empty;' -H 'accept:' h", "GET / HTTP/1.1\r\nx-empty:\r\nhost: h\r\n\r\n"),
        ("curl -G -d a=1 -d b=2 'https://h/p?c=3'", "GET /p?c=3&a=1&b=2 HTTP/1.1\r\nhost: h\r\n\r\n"),
        (
            "curl --json '{}' https://h/",
            "POST / HTTP/1.1\r\nhost: h\r\naccept: application/json\r\ncontent-type: application/json\r\n\r\n{}",
        ),
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
        ("curl https://h/ -H", "-H/--header has no value"),
        ("curl --frm a=b https://h/", "the option --frm is not known"),
        ("curl --user=me:secret https://h/", "the option --user=… is not known"),
        ("curl -s? https://h/", "the option -? is not known"),
        ("curl - https://h/", "the option - is not known"),
        ("curl -F name=value https://h/", "-F/--form: its body cannot be read here"),
        ("curl --form-string name=value https://h/", "--form-string: its body cannot be read here"),
        ("curl -sT file https://h/", "-T/--upload-file: its body cannot be read here"),
        ("curl -K file https://h/", "-K/--config: its file is not read here"),
        ("curl -n https://h/", "-n/--netrc: its file is not read here"),
        ("curl --aws-sigv4 aws:amz https://h/", "--aws-sigv4: its signature cannot be made here"),
        ("curl -d @file https://h/", "-d/--data @file: files are not read here"),
        ("curl --data-urlencode a@file https://h/", "--data-urlencode a@file: files are not read here"),
        ("curl -H @file https://h/", "-H/--header @file: files are not read here"),
        ("curl -b file https://h/", "-b/--cookie file: files are not read here"),
        ("curl -u me https://h/", "-u/--user: has no password, for which curl asks"),
        ("curl -I -d a https://h/", "-I/--head and a body exclude each other"),
        ("curl 'https://h/?a[0]=b'", "the URL has a bracket, which curl takes for a pattern: add -g"),
    ],
)
def test_what_is_missing_is_said(command: str, error: str) -> None:
    with pytest.raises(CurlError) as raised:
        read_curl_command(command)
    assert str(raised.value) == error
    with pytest.raises(UsageError) as ended:
        read_event(command, "standard input", "explain")
    assert str(ended.value) == f"standard input: {error}"


@pytest.mark.parametrize("name", sorted(WITH_VALUE - REFUSED.keys() - SENT))
def test_the_value_of_an_option_is_no_url(name: str) -> None:
    assert read_curl_command(f"curl --{name} value https://h/") == "GET / HTTP/1.1\r\nhost: h\r\n\r\n"


def test_letters_are_those_of_options() -> None:
    assert set(LETTERS.values()) <= WITH_VALUE | WITHOUT_VALUE
    assert not WITH_VALUE & WITHOUT_VALUE
    assert REFUSED.keys() <= WITH_VALUE | WITHOUT_VALUE


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ("-r 0-99", "range: bytes=0-99"),
        ("-C 100", "range: bytes=100-"),
        ("--oauth2-bearer token -u me:pw", "authorization: Bearer token"),
        ("-e 'http://h/;auto'", "referer: http://h/"),
    ],
)
def test_a_header_is_as_curl_writes_it(options: str, line: str) -> None:
    assert read_curl_command(f"curl {options} https://h/") == f"GET / HTTP/1.1\r\nhost: h\r\n{line}\r\n\r\n"


@pytest.mark.parametrize(
    ("options", "target"),
    [
        ("-G --data-urlencode 'q=a b' https://h/s", "/s?q=a+b"),
        ("-G --data-urlencode 'a b' --data-urlencode '=c&d' https://h/s?e=f", "/s?e=f&a+b&c%26d"),
        ("--url-query 'q=é' --url-query +raw=/ https://h/s", "/s?q=%C3%A9&raw=/"),
        ("--request-target /other https://h/s", "/other"),
        ("-g 'https://h/?a[0]=b#c'", "/?a[0]=b"),
        ("https://h/?next=https://other/", "/?next=https://other/"),
        ("h/?next=https://other/", "/?next=https://other/"),
        ("https://h:443/first https://other/second", "/first"),
        ("https://h/first --next -d a https://other/second", "/first"),
        ("-- https://h/", "/"),
        ("https://h/ 2>/dev/null > file | jq -r .path", "/"),
    ],
)
def test_the_target_is_that_of_the_first_url(options: str, target: str) -> None:
    assert read_curl_command(f"curl {options}") == f"GET {target} HTTP/1.1\r\nhost: h\r\n\r\n"


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ("--data-raw '--x'", "--x"),
        ("--data-raw '@x'", "@x"),
        ("-d -x", "-x"),
        ("-d ''", ""),
        ("--data-urlencode 'q=a b' -d c", "q=a+b&c"),
        ("--get --no-get -d c", "c"),
        ("-d 'for 5$' --data 'and 6$'", "for 5$&and 6$"),
        (r"-d $'\\u0021 \ud83d\ude00'", "\\u0021 😀"),
    ],
)
def test_data_is_the_body_of_a_form(options: str, body: str) -> None:
    head = "POST / HTTP/1.1\r\nhost: h\r\ncontent-type: application/x-www-form-urlencoded\r\n\r\n"
    assert read_curl_command(f"curl {options} https://h/") == head + body


@pytest.mark.parametrize(
    ("command", "credentials"),
    [
        ("curl https://me:p%40w@h/", "me:p@w"),
        ("curl https://me@h/", "me:"),
        ("curl -u you:pw https://me:p%40w@h/", "you:pw"),
        ("curl --digest -u you:pw https://h/", ""),
    ],
)
def test_credentials_are_those_of_the_option_or_of_the_url(command: str, credentials: str) -> None:
    line = f"authorization: Basic {base64.b64encode(credentials.encode()).decode()}\r\n" if credentials else ""
    assert read_curl_command(command) == f"GET / HTTP/1.1\r\nhost: h\r\n{line}\r\n"


def test_other_text_is_no_command() -> None:
    assert not is_curl_command("GET /curl HTTP/1.1\r\n\r\n")
    assert not is_curl_command("* Connected to curl\n> GET / HTTP/2\n")


def test_a_command_is_explained_as_an_event() -> None:
    request = read_event(BROWSER, "standard input", "explain")["Records"][0]["cf"]["request"]
    assert (request["method"], request["uri"], request["querystring"]) == ("POST", "/shop", "page=2")
    assert request["headers"]["cookie"] == [{"key": "Cookie", "value": "sessiontoken=a b; theme=dark"}]
    assert request["body"]["encoding"] == "base64"
