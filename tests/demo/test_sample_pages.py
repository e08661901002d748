"""Pages, JSON, cookies and failures of the sample application."""

import asyncio
import logging
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from demo.app import config
from demo.app.forms import form_token
from demo.app.pages import create_app
from demo.app.sessions import TOKEN, Session, SessionStore, dynamodb_client
from demo.app.theme import theme_css, theme_path

MakeVisitor = Callable[..., httpx.Client]
PAGES = ["/", "/cart", "/api/whoami"]


@pytest.fixture
def dead_client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A real client of a port where nobody listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{reserved.getsockname()[1]}")
        client = dynamodb_client("us-east-1")
        yield client
        client.close()


@pytest.mark.long_if(r"cart|whoami")
@pytest.mark.parametrize("path", PAGES)
def test_the_cookie_has_exactly_these_attributes(visitor: MakeVisitor, path: str):
    cookies = visitor().get(path).headers.get_list("set-cookie")
    assert len(cookies) == 1
    name, *attributes = cookies[0].split("; ")
    assert re.fullmatch(rf"sessiontoken={TOKEN.pattern}", name)
    assert sorted(attributes) == ["HttpOnly", "Max-Age=600", "Path=/", "SameSite=lax", "Secure"]


def test_plain_http_can_leave_secure_out(visitor: MakeVisitor):
    cookie = visitor(COOKIE_SECURE="false").get("/").headers["set-cookie"]
    assert "Secure" not in cookie
    assert "HttpOnly" in cookie


@pytest.mark.parametrize(("code", "name"), [("1", "Version 1.0"), ("2", "Version 2.0")])
def test_a_page_names_version_session_region_and_visits(visitor: MakeVisitor, code: str, name: str):
    response = visitor(code).get("/")
    token = response.headers["set-cookie"].partition("=")[2][:43]
    assert response.status_code == 200
    assert f"<h1>{name}</h1>" in response.text
    assert f"<code>{token[:8]}…</code>" in response.text
    assert token not in response.text
    assert "<dd>us-east-1</dd>" in response.text
    assert "<dt>Visits</dt><dd>1</dd>" in response.text
    assert 'data-seconds="600"' in response.text


def test_the_versions_differ_in_nothing_but_the_config_values(visitor: MakeVisitor):
    texts = []
    for code, version in config.VERSIONS.items():
        browser = visitor(code)
        text = re.sub(r"<code>.*</code>", "", browser.get("/").text)
        theme = browser.get(theme_path(version)).text
        for value in (version.BACKGROUND_COLOR, version.COLOR, version.FONT_FAMILY):
            assert value in theme
        for value in (version.VERSION_NAME, theme_path(version)):
            assert value in text
            text = text.replace(value, "")
        texts.append(text)
    assert texts[0] == texts[1]


def test_one_visitor_keeps_session_and_count_across_pages(visitor: MakeVisitor):
    browser = visitor("2")
    answers = [browser.get("/api/whoami").json() for _ in range(2)]
    assert "<dt>Visits</dt><dd>3</dd>" in browser.get("/cart").text
    assert [answer["visits"] for answer in answers] == [1, 2]
    assert answers[0]["session"] == answers[1]["session"]


def test_whoami_tells_what_the_page_tells(visitor: MakeVisitor):
    answer = visitor("2", AWS_REGION="us-east-1").get("/api/whoami").json()
    assert re.fullmatch(r"[A-Za-z0-9_-]{8}…", answer.pop("session"))
    assert answer == {
        "version_code": "2",
        "version_name": "Version 2.0",
        "visits": 1,
        "basket": 0,
        "region": "us-east-1",
        "expiration": 1_700_000_600,
        "session_seconds": 600,
    }


def test_a_token_that_is_not_ours_is_replaced_and_not_repeated(visitor: MakeVisitor):
    response = visitor().get("/", headers={"cookie": 'sessiontoken="><script>alert(1)</script>'})
    assert response.status_code == 200
    assert "alert(1)" not in response.text
    assert TOKEN.match(response.headers["set-cookie"].partition("=")[2])


@pytest.mark.long_if(r"cart|whoami")
@pytest.mark.parametrize("path", PAGES)
def test_pages_are_never_stored_and_name_their_version(visitor: MakeVisitor, path: str):
    headers = visitor("2").get(path).headers
    assert (headers["cache-control"], headers["x-app-version"]) == ("no-store", "2")


@pytest.mark.long_if(r"cart|whoami")
@pytest.mark.parametrize("path", PAGES)
def test_without_dynamodb_a_page_is_a_500_and_there_is_no_cookie(
    visitor: MakeVisitor, dead_client: Any, path: str, caplog: pytest.LogCaptureFixture
):
    response = visitor("2", client=dead_client).get(path, headers={"cookie": "sessiontoken=" + "A" * 43})
    assert response.status_code == 500
    assert "set-cookie" not in response.headers
    assert (response.headers["cache-control"], response.headers["x-app-version"]) == ("no-store", "2")
    assert "This page could not be made. Please try again." in response.text
    assert caplog.messages == ["500: SessionStoreError EndpointConnectionError (table SessionsTable, us-east-1)"]


def test_a_missing_table_is_a_500_page_too(visitor: MakeVisitor, caplog: pytest.LogCaptureFixture):
    response = visitor(SESSIONS_TABLE="elsewhere").get("/")
    assert response.status_code == 500
    assert "set-cookie" not in response.headers
    assert caplog.messages == ["500: SessionStoreError ResourceNotFoundException (table elsewhere, us-east-1)"]


def test_health_and_assets_do_not_need_dynamodb(visitor: MakeVisitor, dead_client: Any):
    browser = visitor("2", client=dead_client, FAIL_PERCENT="100")
    assert browser.get("/health").json() == {"status": "ok", "version": "2"}
    assert browser.get("/static/style.css").status_code == 200


@pytest.mark.parametrize(
    ("asset", "media_type"),
    [
        ("style.css", "text/css; charset=utf-8"),
        ("logo.svg", "image/svg+xml"),
        ("countdown.js", "text/javascript; charset=utf-8"),
    ],
)
def test_assets_may_be_cached_by_everyone(visitor: MakeVisitor, asset: str, media_type: str):
    response = visitor().get(f"/static/{asset}")
    assert response.status_code == 200
    assert response.headers["content-type"] == media_type
    assert response.headers["cache-control"] == "public, max-age=3600"
    assert "set-cookie" not in response.headers


def test_every_asset_a_page_asks_for_exists_here(visitor: MakeVisitor):
    browser = visitor()
    links = set(re.findall(r'(?:src|href)="([^"]+)"', browser.get("/").text))
    theme = theme_path(config.VERSIONS["1"])
    assert {theme, "/static/style.css", "/static/logo.svg", "/static/countdown.js", "/cart"} <= links
    assert {link: browser.get(link).status_code for link in links} == dict.fromkeys(links, 200)


@pytest.mark.parametrize(
    "path", ["/nothing", "/static/nothing.css", "/static/../config.py", "/assets/theme.00000000.css"]
)
def test_an_unknown_path_is_a_404_page_that_nobody_caches(visitor: MakeVisitor, path: str):
    response = visitor().get(path)
    assert response.status_code == 404
    assert "There is no such page." in response.text
    assert response.headers["cache-control"] == "no-store"
    assert "set-cookie" not in response.headers


def test_a_head_request_is_a_probe_and_not_a_visit(visitor: MakeVisitor, dynamodb: Any):
    response = visitor("2").head("/")
    assert (response.status_code, response.headers["x-app-version"]) == (200, "2")
    assert "set-cookie" not in response.headers
    assert dynamodb.scan(TableName="SessionsTable")["Count"] == 0


@pytest.mark.long_if(r"cart|whoami")
@pytest.mark.parametrize("path", PAGES)
def test_fail_percent_turns_that_share_of_answers_into_500(visitor: MakeVisitor, dynamodb: Any, path: str):
    draws = iter([0.0, 0.124, 0.125, 0.9])
    browser = visitor(FAIL_PERCENT="12.5", chance=lambda: next(draws))
    responses = [browser.get(path) for _ in range(4)]
    assert [response.status_code for response in responses] == [500, 500, 200, 200]
    assert ["set-cookie" in response.headers for response in responses] == [False, False, True, True]
    assert dynamodb.scan(TableName="SessionsTable")["Count"] == 1


@pytest.mark.parametrize(("percent", "status"), [("0", 200), ("100", 500)])
def test_none_and_all_are_exact(visitor: MakeVisitor, percent: str, status: int):
    for draw in (0.0, 0.999999):
        assert visitor(FAIL_PERCENT=percent, chance=lambda draw=draw: draw).get("/").status_code == status


def test_templates_escape_what_they_are_given(visitor: MakeVisitor, monkeypatch: pytest.MonkeyPatch):
    hostile = replace(config.VERSIONS["1"], VERSION_NAME="<script>1</script>")
    monkeypatch.setitem(config.VERSIONS, "1", hostile)
    for path in ("/", "/nothing"):
        text = visitor().get(path).text
        assert "<script>1" not in text
        assert "&lt;script&gt;1" in text


def test_a_value_cannot_leave_its_declaration_of_the_theme():
    hostile = replace(config.VERSIONS["1"], FONT_FAMILY="x; } body { display: none")
    assert theme_css(hostile) == ":root { --background: #eef2ff; --color: #1e2a78; --font: x  body  display: none; }\n"


def test_a_file_with_a_hash_in_its_name_is_of_one_version_and_kept_for_good(visitor: MakeVisitor):
    paths = {code: theme_path(version) for code, version in config.VERSIONS.items()}
    for code, other in (("1", "2"), ("2", "1")):
        browser = visitor(code)
        own = browser.get(paths[code])
        assert (own.status_code, own.headers["content-type"]) == (200, "text/css; charset=utf-8")
        assert own.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert browser.get(paths[other]).status_code == 404


def send_form(browser: httpx.Client, **headers: str) -> httpx.Response:
    """What a browser sends that puts something into the basket."""
    page = browser.get("/cart").text
    token = re.findall(r'name="token" value="([^"]+)"', page)[0]
    return browser.post("/cart", data={"token": token}, headers=headers)


def test_a_form_fills_the_basket_and_leads_back_to_its_page(visitor: MakeVisitor):
    browser = visitor()
    answer = send_form(browser, origin="https://sample.example.com")
    assert (answer.status_code, answer.headers["location"]) == (303, "https://sample.example.com/cart")
    assert "<dt>In your basket</dt><dd>1</dd>" in browser.get("/cart").text


def test_a_form_is_checked_against_the_public_name(visitor: MakeVisitor):
    name = {"x-forwarded-host": "www.example.com"}
    assert send_form(visitor(), origin="https://www.example.com", **name).status_code == 303
    assert send_form(visitor(), origin="https://sample.example.com", **name).status_code == 403


@pytest.mark.long_if(r"data[123]")
@pytest.mark.parametrize(
    ("data", "headers", "reason"),
    [
        ({"token": form_token("A" * 43)}, {"origin": "https://evil.example"}, "sent from evil.example, not from "),
        ({"token": form_token("A" * 43)}, {"origin": "null"}, "sent from nowhere, not from "),
        ({"token": form_token("B" * 43)}, {}, "without the session's token"),
        ({}, {}, "without the session's token"),
    ],
)
def test_a_forged_form_changes_nothing(
    visitor: MakeVisitor,
    dynamodb: Any,
    caplog: pytest.LogCaptureFixture,
    data: dict[str, str],
    headers: dict[str, str],
    reason: str,
):
    answer = visitor().post("/cart", data=data, headers={"cookie": "sessiontoken=" + "A" * 43, **headers})
    assert answer.status_code == 403
    assert "This form was not sent from a page of yours." in answer.text
    assert dynamodb.scan(TableName="SessionsTable")["Count"] == 0
    assert [message.startswith(f"403: form {reason}") for message in caplog.messages] == [True]


def test_a_slow_table_holds_up_nobody_else(no_account: None):
    """DynamoDB answers only after /health did: that deadlocks where the visit blocks the event loop."""
    health_answered = threading.Event()
    settings = config.Settings.from_environment({"VERSION_CODE": "1"})

    class SlowStore(SessionStore):
        def visit(self, token: str, added: int = 0) -> Session:
            assert health_answered.wait(5), "the event loop was blocked"
            return Session(token, "1", 1_700_000_600, 1, 0)

    async def both() -> int:
        transport = httpx.ASGITransport(create_app(settings, SlowStore(None, settings)))
        async with httpx.AsyncClient(transport=transport, base_url="https://sample.example.com") as browser:
            visit = asyncio.create_task(browser.get("/"))
            await asyncio.sleep(0.05)
            assert (await browser.get("/health")).status_code == 200
            health_answered.set()
            return (await visit).status_code

    assert asyncio.run(both()) == 200


def test_a_500_is_logged_without_the_token(visitor: MakeVisitor, caplog: pytest.LogCaptureFixture):
    token = "A" * 43
    with caplog.at_level(logging.DEBUG, logger="demo"):
        visitor(FAIL_PERCENT="100").get("/", headers={"cookie": f"sessiontoken={token}"})
    assert caplog.messages == ["500: InjectedFailureError (table SessionsTable, us-east-1)"]
