"""The echo back end."""

import hashlib
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from demo.app.config import ConfigError
from demo.echo import EchoSettings, create_echo

MakeBackEnd = Callable[..., httpx.Client]


@pytest.fixture
def back_end(browser_of: Any) -> MakeBackEnd:
    return lambda **environment: browser_of(create_echo(EchoSettings.from_environment(environment)))


def test_it_names_itself_and_what_it_was_asked(back_end: MakeBackEnd):
    body = b'{"tenantId": "t\xc3\xa9", "accountId": 7}\x00\xff'
    response = back_end(NAME="acme").post(
        "/orders/caf%C3%A9?x=1&y=%20", content=body, headers={"host": "acme.example.com", "content-type": "text/x"}
    )
    assert response.headers["x-backend"] == "acme"
    assert response.json() == {
        "name": "acme",
        "host": "acme.example.com",
        "method": "POST",
        "path": "/orders/caf%C3%A9",
        "query": "x=1&y=%20",
        "content_type": "text/x",
        "body_bytes": len(body),
        "body_sha256": hashlib.sha256(body).hexdigest(),
    }


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_method_is_answered(back_end: MakeBackEnd, method: str):
    assert back_end().request(method, "/").json()["method"] == method


def test_a_head_request_gets_the_name_as_a_header(back_end: MakeBackEnd):
    response = back_end(NAME="slow").head("/")
    assert (response.status_code, response.headers["x-backend"]) == (200, "slow")


def test_the_status_can_be_an_error(back_end: MakeBackEnd):
    response = back_end(STATUS="503", NAME="broken").get("/")
    assert (response.status_code, response.json()["name"]) == (503, "broken")


def test_the_delay_is_waited_for(back_end: MakeBackEnd):
    started = time.perf_counter()
    back_end(DELAY_MS="120").get("/")
    assert time.perf_counter() - started >= 0.12


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("NAME", "a\r\nb", "1 to 64 visible ASCII characters"),
        ("DELAY_MS", "-1", "a number from 0 to 60000"),
        ("STATUS", "700", "a whole number from 200 to 599"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(name: str, value: str, allowed: str):
    with pytest.raises(ConfigError) as caught:
        EchoSettings.from_environment({name: value})
    assert str(caught.value) == f'{name} is "{value}"; {allowed}'
