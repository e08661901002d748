"""`edge-router jwks fetch`: an issuer's keys go into a stack's file at deploy, and nothing else in it changes."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.jwks.change import compare, usable_keys
from cli.jwks.fetch import fetch_jwks
from cli.output.errors import OperationError, UsageError
from tests.cli.conftest import Result
from tests.cli.http_fake import Answer, HttpFake

Run = Callable[..., Result]
DISCOVERY = "/.well-known/openid-configuration"
STACK = """\
# The keys are fetched.
config:
  aws:region: us-east-1
  edge-router:strategy: jwt-iat
  edge-router:release: r
  edge-router:origins: {stable: {domainName: v1.example.com}, canary: {domainName: v2.example.com}}
  edge-router:jwtIat:
    releasedAt: "2026-11-01T00:00:00Z" # tokens issued before it stay on stable
    algorithm: RS256

    # The issuer's own name.
    issuer: ISSUER
  # What follows stays.
  edge-router:pin: none
"""


def encode(size: int, fill: bytes) -> str:
    return base64.urlsafe_b64encode(fill * size).decode().rstrip("=")


def rsa(kid: str, fill: bytes = b"k", **members: Any) -> dict[str, Any]:
    return {"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": encode(256, fill), "e": "AQAB", **members}


def ec(kid: str) -> dict[str, Any]:
    return {"kty": "EC", "kid": kid, "crv": "P-256", "x": encode(32, b"x"), "y": encode(32, b"y")}


class Issuer(HttpFake):
    """Its configuration and its keys; `answers` come first, by path."""

    def __init__(self) -> None:
        self.keys: list[Any] = [rsa("one", x5c=["MII…"]), ec("other"), rsa("two", b"m")]
        self.answers: dict[str, Answer] = {}
        super().__init__()

    def respond(self, method: str, target: str, headers: Message, body: str) -> Answer:
        documents = {DISCOVERY: {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}, "/keys": {"keys": self.keys}}
        return self.answers.get(target) or (200, {}, json.dumps(documents[target]))


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    serving = Issuer()
    yield serving
    serving.close()


@pytest.fixture
def file(project: Path, issuer: Issuer) -> Path:
    path = project / "Pulumi.shop.yaml"
    path.write_text(STACK.replace("ISSUER", issuer.url))
    return path


def jwks_in(file: Path) -> list[dict[str, Any]]:
    return yaml.safe_load(file.read_text())["config"]["edge-router:jwtIat"]["jwks"]["keys"]


def test_the_keys_for_the_algorithm_are_written_and_the_stack_is_valid(run: Run, file: Path, issuer: Issuer) -> None:
    before = file.read_text()
    result = run("jwks", "fetch", "--stack", "shop")
    written = "Pulumi.shop.yaml, jwtIat.jwks: written; `pulumi up` deploys it"
    assert (result.exit_code, result.out, result.err) == (0, f"+ one\n+ two\n{written}\n", "")
    assert jwks_in(file) == [rsa("one"), rsa("two", b"m")]
    lines = file.read_text().splitlines()
    assert [line for line in lines if line in before.splitlines()] == before.splitlines()
    assert len(lines) == len(before.splitlines()) + 4
    assert run("config", "check", "--stack", "shop").exit_code == 0


def test_what_changes_is_told_by_key_and_a_second_run_writes_nothing(run: Run, file: Path, issuer: Issuer) -> None:
    assert run("jwks", "fetch", "--stack", "shop").exit_code == 0
    written = file.read_text()
    same = run("jwks", "fetch", "--stack", "shop", "--json").document
    assert (same["unchanged"], same["written"], file.read_text()) == (["one", "two"], None, written)
    issuer.keys = [rsa("two", b"z"), rsa("three"), rsa("short") | {"n": "AQAB"}]
    checked = run("jwks", "fetch", "--stack", "shop", "--check", "--json")
    assert (checked.exit_code, file.read_text()) == (1, written)
    text = f"Pulumi.shop.yaml, jwtIat.jwks: the keys are not those of {issuer.url}/keys"
    assert json.loads(checked.out)["errors"] == [{"key": None, "message": text}]
    document = run("jwks", "fetch", "--stack", "shop", "--json").document
    assert document == {
        "stack": "shop",
        "url": f"{issuer.url}/keys",
        "algorithm": "RS256",
        "added": ["three"],
        "removed": ["one"],
        "changed": ["two"],
        "unchanged": [],
        "skipped": ["keys[2] has no n of at least 256 bytes in base64url, which RS256 needs"],
        "written": str(file),
    }
    assert jwks_in(file) == [rsa("two", b"z"), rsa("three")]
    assert run("jwks", "fetch", "--stack", "shop", "--check").exit_code == 0


@pytest.mark.long_if(r"literal|quoted|flow in block|encrypted")
@pytest.mark.parametrize(
    "section",
    [
        "{releasedAt: x, issuer: ISSUER}",
        "\n    jwks:\n      keys:\n        - kty: RSA # old\n    # of the issuer\n    issuer: ISSUER",
        '\n    issuer: ISSUER\n    jwks: |\n      {"keys": []}\n\n  # later',
        "\n    jwks: '{\"keys\": []}' # old\n    issuer: ISSUER",
        '\n      issuer: ISSUER\n      jwks: {keys: [{kty: RSA}], "x": 1}\n',
        "\n    jwks: {secure: v1:abc}\n    issuer: ISSUER",
    ],
    ids=["flow", "block", "literal", "quoted", "flow in block", "encrypted"],
)
def test_however_the_section_is_written_the_keys_take_their_place(
    run: Run, project: Path, issuer: Issuer, section: str
) -> None:
    path = project / "Pulumi.shop.yaml"
    head = f"config:\n  edge-router:pin: none\n  edge-router:jwtIat: {section.replace('ISSUER', issuer.url)}\n"
    path.write_text(head + '  edge-router:release: "r" # stays\n')
    before = yaml.safe_load(path.read_text())
    assert run("jwks", "fetch", "--stack", "shop").exit_code == 0
    before["config"]["edge-router:jwtIat"]["jwks"] = {"keys": [rsa("one"), rsa("two", b"m")]}
    assert yaml.safe_load(path.read_text()) == before
    assert '"r" # stays' in path.read_text()


def test_a_public_key_beside_them_is_warned_of(run: Run, file: Path) -> None:
    file.write_text(file.read_text().replace("    algorithm", "    publicKey: pem\n    algorithm"))
    assert run("jwks", "fetch", "--stack", "shop").err == (
        "warning: edge-router:jwtIat.publicKey is set, which is refused beside jwks: run"
        " `pulumi config rm --path jwtIat.publicKey`\n"
    )


def test_without_a_stack_they_go_into_a_file(run: Run, tmp_path: Path, issuer: Issuer) -> None:
    out = tmp_path / "keys.json"
    arguments = ("jwks", "fetch", "--url", f"{issuer.url}/keys", "--algorithm", "ES256", "--out", str(out))
    assert run(*arguments).out == f"+ other\n{out}: written\n"
    assert json.loads(out.read_text()) == {"keys": [ec("other")]}
    assert run(*arguments, "--check").out == f"= other\n{out}: has the keys of {issuer.url}/keys\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "jwks fetch needs --stack NAME, or --out FILE.json"),
        (("--out", "x.json"), "--issuer is missing, and edge-router:jwtIat.issuer is not set: give it, or --url"),
        (
            ("--out", "x.json", "--url", "http://issuer.example.com/keys"),
            "--url is 'http://issuer.example.com/keys': keys are fetched from an address that begins with https://"
            " only",
        ),
        (
            ("--out", "x.json", "--issuer", "https://me:secret@issuer.example.com"),
            "--issuer has a user name or password: an issuer's keys are public",
        ),
        (
            ("--out", "x.json", "--url", "https://a", "--issuer", "https://b"),
            "--url is given beside --issuer: give one of them",
        ),
        (
            ("--out", "x.json", "--url", "https://a", "--algorithm", "HS256"),
            "--algorithm is 'HS256': an issuer publishes keys for RS256 and ES256 only",
        ),
        (
            ("--stack", "local"),
            "edge-router:jwtIat.algorithm is 'HS256': an issuer publishes keys for RS256 and ES256 only",
        ),
    ],
)
def test_what_cannot_be_fetched_is_an_argument_at_fault(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run("jwks", "fetch", *arguments)
    assert (result.exit_code, result.err) == (2, f"error: {message}\n")


@pytest.mark.long_if(r"^(?!redirect|another|endless)")
@pytest.mark.parametrize(
    ("path", "answer", "message"),
    [
        (DISCOVERY, (404, {}, ""), "ISSUER/.well-known/openid-configuration: the response is 404"),
        (
            "/keys",
            (302, {"location": "https://elsewhere.example.com/"}, ""),
            "ISSUER/keys: the response is 302 to https://elsewhere.example.com/, which is not followed",
        ),
        (
            DISCOVERY,
            (200, {}, '{"issuer": "https://other", "jwks_uri": "https://other/keys"}'),
            "ISSUER/.well-known/openid-configuration: is of the issuer 'https://other', not of 'ISSUER': they have to"
            " be the same text",
        ),
        ("/keys", (200, {}, "<html>"), "ISSUER/keys: the response is not JSON"),
        ("/keys", (200, {}, "[" * 100_000), "ISSUER/keys: the response is not JSON"),
        ("/keys", (200, {}, "[]"), "ISSUER/keys: the response is not a JSON object"),
        ("/keys", (200, {}, "{}"), "ISSUER/keys: has no list `keys`: it is not a JWK Set (RFC 7517 §5)"),
        (
            "/keys",
            (200, {}, '{"keys": [{"kty": "oct", "k": "x"}, 7]}'),
            "ISSUER/keys: has no key for RS256; keys[1] is not an object",
        ),
        ("/keys", (200, {}, " " * 300_000), "ISSUER/keys: the response has more than 262,144 bytes"),
        (
            "/keys",
            (200, {"content-encoding": "gzip"}, "x"),
            "ISSUER/keys: the response is compressed, which was not asked for",
        ),
        (
            "/keys",
            (200, {}, json.dumps({"keys": [rsa(str(number)) for number in range(17)]})),
            "ISSUER/keys: has 17 keys for RS256: at most 16",
        ),
    ],
    ids=["404", "redirect", "another", "html", "nested", "list", "no keys", "no usable key", "endless", "gzip", "many"],
)
def test_an_issuer_that_misbehaves_changes_nothing(
    run: Run, file: Path, issuer: Issuer, path: str, answer: Answer, message: str
) -> None:
    before = file.read_text()
    issuer.answers[path] = answer
    result = run("jwks", "fetch", "--stack", "shop")
    assert (result.exit_code, result.err) == (1, f"error: {message.replace('ISSUER', issuer.url)}\n")
    assert file.read_text() == before


def test_a_jwks_uri_that_is_not_https_is_not_fetched(issuer: Issuer) -> None:
    uri = "http://issuer.example.com/keys"
    issuer.answers[DISCOVERY] = (200, {}, json.dumps({"issuer": issuer.url, "jwks_uri": uri}))
    with pytest.raises(OperationError, match=r"its jwks_uri is 'http://issuer\.example\.com/keys'"):
        fetch_jwks(issuer.url, "")


def test_a_response_without_end_is_given_up() -> None:
    """One byte of a header at a time, which no timeout of a single read ends."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
                while not stop.wait(0.02):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/keys"
        with pytest.raises(OperationError, match=r"there was no complete response within 0\.2 s$"):
            fetch_jwks("", url, seconds=0.2)
        stop.set()
        thread.join()


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^--url is 'https://\[::': "):
        fetch_jwks("", "https://[::")


def test_a_key_without_a_name_is_told_by_its_thumbprint() -> None:
    """The example of RFC 7638 §3.1."""
    key = {
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXj"
        "BZCiFV4n3oknjhMs"
        "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1"
        "n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e": "AQAB",
    }
    usable, _ = usable_keys([key], "RS256")
    assert compare([], usable).added == ["thumbprint NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"]


def test_a_private_key_is_not_taken() -> None:
    usable, skipped = usable_keys([rsa("one", d="AQAB"), rsa("two", use="enc"), rsa("three", alg="RS512")], "RS256")
    assert (usable, skipped) == ([], ["keys[0] holds a private key: leave only its public members"])
