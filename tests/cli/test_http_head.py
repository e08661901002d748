"""The head of a request, in the forms in which people have it at hand."""

from __future__ import annotations

import pytest

from cli.explain.events import read_event

CURL = """* Host example.com:443 was resolved.
  % Total    % Received % Xferd
* Connected to example.com (203.0.113.1) port 443
> GET /a?b=c HTTP/1.1
> Host: example.com
> Cookie: app-version=canary
>
{ [5 bytes data]
< HTTP/1.1 302 Found
< Location: /next
<
* Issue another request
> GET /next HTTP/1.1
> Host: example.com
>
"""
CURL_2 = CURL.replace("> GET /a?b=c HTTP/1.1", "> GET /a?b=c HTTP/2").replace("\n", "\r\n")
HTTP_2 = "GET /a?b=c HTTP/2\nHost: example.com\nCookie: app-version=canary\n"
HTTP_3 = HTTP_2.replace("HTTP/2", "HTTP/3")
PSEUDO = ":method: GET\n:scheme: https\n:authority: example.com\n:path: /a?b=c\ncookie: app-version=canary\n"
PLAIN = "GET /a?b=c HTTP/1.1\nHost: example.com\nCookie: app-version=canary\n"


def request_of(text: str) -> dict[str, object]:
    request = read_event(text, "text", "id")["Records"][0]["cf"]["request"]
    headers = {name: [one["value"] for one in values] for name, values in request["headers"].items()}
    return {**request, "headers": headers}


@pytest.mark.parametrize(
    "text",
    [PLAIN, HTTP_2, HTTP_3, HTTP_2.replace("HTTP/2", "HTTP/2.0"), PSEUDO, CURL, CURL_2, f"\n{CURL}"],
    ids=[
        "HTTP/1.1",
        "HTTP/2",
        "HTTP/3",
        "HTTP/2.0",
        "pseudo-headers",
        "curl",
        "curl with HTTP/2",
        "after an empty line",
    ],
)
def test_all_forms_are_the_same_request(text: str) -> None:
    assert request_of(text) == {
        "clientIp": "127.0.0.1",
        "method": "GET",
        "uri": "/a",
        "querystring": "b=c",
        "headers": {"host": ["example.com"], "cookie": ["app-version=canary"]},
    }


@pytest.mark.parametrize("head", [HTTP_2, PSEUDO])
def test_cookies_that_http_2_has_split_are_one_header_again(head: str) -> None:
    assert request_of(f"{head}cookie: a=b\n")["headers"] == {
        "host": ["example.com"],
        "cookie": ["app-version=canary; a=b"],
    }


def test_a_request_whose_lines_begin_with_an_angle_is_no_output_of_curl() -> None:
    assert request_of("GET /x HTTP/1.1\nHost: example.com\nx-quoted: yes\n\n> quoted\n")["uri"] == "/x"
