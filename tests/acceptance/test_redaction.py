"""No output shows the value of a variable, whatever form a text has it in."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx
import pytest

from acceptance.format.redaction import redact
from infra.config.errors import format_value
from tests.acceptance.fakes import FakePlace, decision, read, run

SECRET = 'p& s/w"\\ö+0123'


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        repr(SECRET),
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        json.dumps(SECRET).replace("/", "\\/"),
        quote(SECRET),
        quote(SECRET, safe="").lower(),
        quote_plus(SECRET),
        quote(quote(SECRET, safe=""), safe=""),
        str(httpx.URL("http://a.example", params={"key": SECRET})),
        "p&amp; s/w&quot;\\ö+0123",
    ],
)
def test_a_value_is_found_in_whatever_form_it_has(text: str) -> None:
    start, _, end = redact(f"found {text} (GET /)", {"KEY": SECRET}).partition("${KEY}")
    assert (start.rstrip("'\"").removesuffix("http://a.example?key="), end.lstrip("'\"")) == ("found ", " (GET /)")


@pytest.mark.parametrize("length", [5, 40, 79, 90])
def test_a_value_that_a_message_cuts_is_found(length: int) -> None:
    filler, key = "x" * (79 - length), "0123456789" * 10
    assert redact(f"found {format_value(filler + key)}, found b", {"KEY": key}) == f"found '{filler}${{KEY}}…, found b"
    assert redact("found '0123456789%2…", {"KEY": "0123456789/0123456789"}) == "found '${KEY}…"


def test_the_longest_value_counts_and_short_ones_are_in_any_text() -> None:
    variables = {"A": "0123", "B": "01234567", "SHORT": "GET", "NAME": "NAME"}
    assert redact("GET /?a=0123&b=01234567&c=012…", variables) == "GET /?a=${A}&b=${B}&c=012…"
    assert redact("name", {}) == "name"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


FILE = """\
name: the site of ${SECRET}
tests:
  - name: with ${SECRET}
    steps: [{ request: { path: "/a?key=${SECRET}" }, expect: { headers: { x-echo: "${SECRET}" }, reason: cookie } }]
"""
LINE = decision(requestId="Q==", uri="/a?key=0123456789")


@pytest.mark.anyio
async def test_no_text_of_a_result_shows_a_value(tmp_path: Path) -> None:
    place = FakePlace()
    place.logs, place.edge = {"Q==": (LINE,)}, ["502 GET /a?key=0123456789"]
    file = read(tmp_path, FILE, SECRET="0123456789")
    headers = {"x-amz-cf-id": "Q==", "x-echo": "/a?key=0123456789", "x-app-version": "0123456789"}
    result = await run(file, lambda _: httpx.Response(200, headers=headers), place)
    assert "0123456789" not in json.dumps([file.name, result.as_json()])
    assert [failure.text for failure in result.failures] == [
        "reason: expected cookie, found no decision: the router did not run (GET /a?key=${SECRET})",
        "headers.x-echo: expected '${SECRET}', found '/a?key=${SECRET}' (GET /a?key=${SECRET})",
    ]
    assert result.failures[0].log == (LINE.replace("0123456789", "${SECRET}"),)
    assert (file.name, result.name, result.edge) == (
        "the site of ${SECRET}",
        "with ${SECRET}",
        ["502 GET /a?key=${SECRET}"],
    )


@pytest.mark.anyio
async def test_what_was_seen_and_what_left_no_response_show_no_value(tmp_path: Path) -> None:
    file = read(tmp_path, "tests: [{name: a, steps: [{request: '/${SECRET}'}]}]\n", SECRET="0123456789")
    result = await run(file, lambda _: httpx.Response(200, headers={"x-app-version": "0123456789"}))
    assert result.seen == ["${SECRET}"]

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.RemoteProtocolError(f"no answer to {request.url}", request=request)

    [failure] = (await run(file, refuse)).failures
    assert failure.text == (
        "response: expected a response, found no HTTP response: no answer to http://127.0.0.1:9/${SECRET}"
        " (GET /${SECRET})"
    )
