"""Requests of a test file: tokens by a private key, the server name, and an application of one's own."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from router.model.assignment import Assignment
from router.model.request import Request
from strategies.registry import load
from tests.certificates import issue, server_context
from tests.cli.conftest import Result
from tests.infra.configs import shipped_stack
from tests.strategies.fakes import make_edge

Run = Callable[..., Result]
Answer = Callable[[BaseHTTPRequestHandler], dict[str, str]]


@contextmanager
def serving(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server on this machine whose responses have these headers; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            for name, value in {"content-length": "0", **answer(self)}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def write_file(folder: Path, text: str) -> str:
    (folder / "site.yaml").write_text(text, encoding="utf-8")
    return str(folder / "site.yaml")


def private_pem(key: PrivateKeyTypes) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


TOKENS = """\
tests:
  - name: a token of the stack's issuer
    steps:
      - request: { path: /, token: { key: "${ISSUER}" } }
        expect: { version: canary }
  - name: one from before the release
    steps:
      - request: { path: /, token: { key: "${ISSUER}", issuedAt: 2020-01-01T00:00:00Z } }
        expect: { version: stable }
  - name: one that somebody else signed
    steps:
      - request: { path: /, token: { key: "${OTHER}" } }
        expect: { version: stable }
  - name: one without a key
    steps: [{ request: { path: /, token: {} } }]
  - name: one with a key of another kind
    steps: [{ request: { path: /, token: { key: a-secret } } }]
"""


@pytest.mark.long
def test_a_token_by_a_private_key_is_one_that_the_router_believes(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer, other = (rsa.generate_private_key(65_537, 2_048) for _ in range(2))
    public = issuer.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    monkeypatch.setenv("ISSUER", private_pem(issuer))
    monkeypatch.setenv("OTHER", private_pem(other))
    settings = (
        *("strategy=jwt-iat", "jwtIat.algorithm=RS256", "jwtIat.secret="),
        *("jwtIat.releasedAt=2024-01-01T00:00:00Z", f"jwtIat.publicKey={public.decode()}"),
    )
    stack = shipped_stack("local", *settings)
    strategy = load("jwt-iat")(stack.settings.options, make_edge(clock=time.time))

    def answer(asked: BaseHTTPRequestHandler) -> dict[str, str]:
        request = Request(headers={"authorization": asked.headers.get("authorization", "")})
        origin = strategy.choose(request, Assignment("r", 100)).origin
        return {"x-app-version": {"stable": "1", "canary": "2"}[str(origin)]}

    given = (text for setting in settings for text in ("--set", setting))
    with serving(answer) as port:
        file = write_file(tmp_path, TOKENS)
        result = run("test", file, "--url", f"http://127.0.0.1:{port}", "--stack", "local", *given, "--json")
    tests = {test["name"]: test for test in result.document["files"][0]["tests"]}
    assert [test["outcome"] for test in tests.values()] == ["passed"] * 3 + ["failed"] * 2
    without, wrong = (
        tests[f"one with{kind}"]["failures"][0]["actual"] for kind in ("out a key", " a key of another kind")
    )
    assert without == "token needs a key: the stack verifies RS256 and has no private key"
    assert wrong.startswith("token.key cannot sign with RS256: ")
    assert "PRIVATE KEY" not in result.out


def test_the_host_of_a_request_is_the_server_name_and_its_certificate_counts(run: Run, tmp_path: Path) -> None:
    """A distribution can be tested by an alias that DNS does not have yet."""
    site = issue("site", hosts=["www.example.com"])
    (tmp_path / "ca.pem").write_bytes(site.pem)
    (tmp_path / "server.pem").write_bytes(private_pem(site.key).encode() + site.pem)
    tls, names = server_context(tmp_path / "server.pem"), list[str | None]()
    tls.sni_callback = lambda _socket, name, _context: names.append(name)
    file = write_file(
        tmp_path,
        "tests:\n"
        "  - name: an alias\n    steps: [{ request: { path: /, host: www.example.com },"
        " expect: { headers: { x-host: www.example.com } } }]\n"
        "  - name: a host of somebody else's\n    steps: [{ request: { path: /, host: other.example.com } }]\n",
    )
    with serving(lambda asked: {"x-host": asked.headers["host"]}, tls) as port:
        url = f"https://127.0.0.1:{port}"
        result = run("test", file, "--url", url, "--ca-file", str(tmp_path / "ca.pem"), "--json")
    alias, other = result.document["files"][0]["tests"]
    assert (alias["outcome"], names) == ("passed", ["www.example.com", "other.example.com"])
    assert "other.example.com" in other["failures"][0]["actual"]


@pytest.mark.long
def test_an_application_of_ones_own_stands_behind_the_local_edge(run: Run, tmp_path: Path) -> None:
    file = write_file(
        tmp_path,
        "set: { strategy: cookie-version, canaryPercent: 0 }\n"
        "tests:\n"
        "  - name: own\n    steps: [{ request: /, expect: { origin: stable, headers: { x-own: yes it is } } }]\n",
    )
    domain = shipped_stack("local").settings.origins["stable"].domain_name
    with serving(lambda _: {"x-own": "yes it is"}) as port:
        result = run("test", file, "--origin", f"{domain}=http://127.0.0.1:{port}", "--strict", "--json")
        assert (result.exit_code, result.err) == (0, ""), result.out
    told = "error: --origin is 'v1': write DOMAIN=URL, for instance v1.example.com=http://127.0.0.1:8001\n"
    assert run("test", file, "--origin", "v1") == Result(2, "", told)
