"""The roots that the router trusts for DynamoDB: Amazon's or the user's own, and when the system's are asked."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infra.package.bundle import AMAZON_ROOTS_FILE
from router.dynamodb import trust
from router.dynamodb.opening import ExchangeError
from router.dynamodb.trust import AMAZON_ROOTS, OWN_ROOTS, Trust
from tests.certificates import server_context, write_chain
from tests.router.fault_server import serving

# "SHA-256 Hash of Subject Public Key Information" (amazontrust.com/repository).
AMAZON_PUBLIC_KEYS = {
    "Amazon Root CA 1": "fbe3018031f9586bcbf41727e417b7d1c45c2f47f93be372a17b96b50757d5a2",
    "Amazon Root CA 2": "7f4296fc5b6a4e3b35d3c369623e364ab1af381d8fa7121533c9d6c633ea2461",
    "Amazon Root CA 3": "36abc32656acfc645c61b71613c4bf21c787f5cabbee48348d58597803d7abc9",
    "Amazon Root CA 4": "f7ecded5c66047d28ed6466b543c40e0743abe81d109254dcf845d4c2c7853c5",
    "Starfield Services Root Certificate Authority - G2": (
        "2b071c59a0a0ae76b0eadb2bad23bad4580b69c3601b630c2eaf0613afa83f92"
    ),
}


class Server:
    """A TLS server with one chain; `secure` lets a trust connect to it."""

    def __init__(self, chain: Path) -> None:
        self._context = server_context(chain)
        self.attempts = 0

    def serve(self, connection: socket.socket) -> None:
        self.attempts += 1
        with self._context.wrap_socket(connection, server_side=True) as wrapped:
            wrapped.recv(1)

    def secure(self, trust: Trust, host: str = "localhost") -> str:
        """The outcome: the version of TLS, or the reason of the failure."""
        with serving(self.serve) as url:
            port = int(url.rpartition(":")[2])
            try:
                with trust.secure(
                    lambda: socket.create_connection(("127.0.0.1", port), timeout=5), host.encode()
                ) as secured:
                    return str(secured.version())
            except ExchangeError as error:
                return error.reason


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Sets the system's roots, none at first."""
    path = tmp_path / "system.pem"
    path.write_bytes(b"")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))

    def trust(pem: bytes) -> None:
        path.write_bytes(pem)

    return trust


def trust_in(directory: Path, name: str, roots: bytes) -> Trust:
    (directory / name).write_bytes(roots)
    return Trust(str(directory))


@pytest.mark.parametrize("name", [AMAZON_ROOTS, OWN_ROOTS])
@pytest.mark.usefixtures("system")
def test_a_chain_of_the_shape_of_awss_is_verified_by_the_roots_in_the_package(name: str, tmp_path: Path) -> None:
    chain = write_chain(tmp_path)
    server = Server(chain.file)
    assert server.secure(trust_in(tmp_path, name, chain.root.pem)) == "TLSv1.3"
    assert server.secure(trust_in(tmp_path, name, chain.older.pem)) == "TLSv1.3"
    assert server.attempts == 2


@pytest.mark.parametrize("name", [AMAZON_ROOTS, OWN_ROOTS])
@pytest.mark.usefixtures("system")
@pytest.mark.parametrize(
    ("host", "until"),
    [("other.example.com", timedelta(hours=1)), ("localhost", timedelta(hours=-1))],
    ids=["a certificate of another host", "an expired certificate"],
)
def test_a_certificate_that_is_not_valid_is_refused_at_once(
    host: str, until: timedelta, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chain = write_chain(tmp_path, host=host, until=until)
    server = Server(chain.file)
    assert server.secure(trust_in(tmp_path, name, chain.root.pem)) == "tls"
    assert server.attempts == 1
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("system")
def test_a_foreign_chain_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    foreign, trusted = write_chain(tmp_path), write_chain(tmp_path / "other")
    server = Server(foreign.file)
    assert server.secure(trust_in(tmp_path, AMAZON_ROOTS, trusted.root.pem)) == "tls"
    assert server.attempts == 2, "the system's roots may have issued it"
    (tmp_path / AMAZON_ROOTS).unlink()
    assert server.secure(trust_in(tmp_path, OWN_ROOTS, trusted.root.pem)) == "tls"
    assert server.attempts == 3, "the user's own roots are trusted alone"


def test_the_systems_roots_are_used_where_amazons_issued_nothing_and_the_log_says_so_once(
    tmp_path: Path, system: Callable[[bytes], None], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").mkdir()
    chain, amazon = write_chain(tmp_path), write_chain(tmp_path / "other")
    system(chain.root.pem)
    server, trusted = Server(chain.file), trust_in(tmp_path, AMAZON_ROOTS, amazon.root.pem)
    assert [server.secure(trusted) for _ in range(3)] == ["TLSv1.3"] * 3
    assert server.attempts == 4, "after the first time the system's roots come first"
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [{"reason": "system-roots", "host": "localhost"}]


def test_without_a_file_the_systems_roots_are_trusted(tmp_path: Path, system: Callable[[bytes], None]) -> None:
    chain = write_chain(tmp_path)
    system(chain.root.pem)
    assert Server(chain.file).secure(Trust(str(tmp_path / "empty"))) == "TLSv1.3"


def test_the_users_own_roots_are_trusted_without_the_systems(tmp_path: Path, system: Callable[[bytes], None]) -> None:
    (tmp_path / "other").mkdir()
    chain, own = write_chain(tmp_path), write_chain(tmp_path / "other")
    system(chain.root.pem)
    assert Server(chain.file).secure(trust_in(tmp_path, OWN_ROOTS, own.root.pem)) == "tls"


def test_two_threads_that_come_first_load_the_roots_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []

    class Slow(Trust):
        def __init__(self, directory: str) -> None:
            loaded.append(directory)
            time.sleep(0.05)
            super().__init__(directory)

    monkeypatch.setattr(trust, "_build", cache(Slow))
    monkeypatch.setattr(trust, "PACKAGE", str(tmp_path))
    threads = [threading.Thread(target=trust.trust) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loaded == [str(tmp_path)]


@pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")  # that of Starfield's root is 0
def test_amazons_roots_are_the_five_of_amazon_trust_services() -> None:
    text = AMAZON_ROOTS_FILE.read_text(encoding="utf-8")
    certificates = re.findall(r"(?s)-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", text)
    found = {}
    for pem in certificates:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        name = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
        found[name] = hashlib.sha256(key).hexdigest()
        der = certificate.public_bytes(Encoding.DER)
        assert f"# {name}\n# SHA-256 of the certificate: {hashlib.sha256(der).hexdigest()}\n" in text
        assert f"# SHA-256 of the public key: {found[name]}\n" in text
    assert found == AMAZON_PUBLIC_KEYS
