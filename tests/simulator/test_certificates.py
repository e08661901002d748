"""The authority: a chain as long as AWS's, verified by whoever has one of its roots and by nobody else."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Generator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from simulator.certificates import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def port(authority: Authority) -> Generator[int]:
    """Where the endpoint answers handshakes."""

    def serve() -> None:
        while True:
            try:
                accepted, _ = listening.accept()
            except OSError:
                return
            with accepted:
                try:
                    authority.server_context.wrap_socket(accepted, server_side=True).close()
                except OSError:
                    continue

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def handshake(port: int, context: ssl.SSLContext, host: str = "localhost") -> ssl.SSLSocket:
    connected = socket.create_connection(("127.0.0.1", port), timeout=5)
    try:
        return context.wrap_socket(connected, server_hostname=host)
    except BaseException:
        connected.close()
        raise


def trusting(*roots: bytes) -> ssl.SSLContext:
    """As Python 3.13 makes a context: strictly by RFC 5280."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
    context.load_verify_locations(cadata=b"".join(roots).decode())
    return context


def each(pem: bytes) -> list[bytes]:
    end = b"-----END CERTIFICATE-----\n"
    return [part + end for part in pem.split(end) if part]


@pytest.mark.long
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("root", [0, 1], ids=["the new root", "the old one that has signed it"])
def test_either_root_verifies_the_endpoint(authority: Authority, port: int, version: ssl.TLSVersion, root: int) -> None:
    context = trusting(each(authority.roots)[root])
    context.minimum_version = context.maximum_version = version
    with handshake(port, context) as connected:
        subject = connected.getpeercert()
        assert subject is not None
        assert ("DNS", "localhost") in subject["subjectAltName"]


@pytest.mark.long
def test_the_chain_has_three_certificates_of_2048_bits(tmp_path: Path) -> None:
    Authority.create(tmp_path)
    chain = x509.load_pem_x509_certificates((tmp_path / "endpoint.pem").read_bytes())
    keys = [one.public_key() for one in chain]
    assert [key.key_size for key in keys if isinstance(key, RSAPublicKey)] == [2048] * 3
    assert [one.issuer for one in chain[:2]] == [one.subject for one in chain[1:]]


@pytest.mark.long
def test_nobody_else_verifies_it(tmp_path: Path, port: int) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer certificate"):
        handshake(port, trusting(Authority.create(tmp_path).roots))


def test_it_is_for_its_own_name(authority: Authority, port: int) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(port, trusting(authority.roots), "dynamodb.us-east-1.amazonaws.com")


@pytest.mark.long
@pytest.mark.long_if(r"^roots")
@pytest.mark.parametrize("name", ["amazon_roots.pem", "roots.pem"])
def test_a_package_goes_on_trusting_its_own_roots(authority: Authority, tmp_path: Path, name: str) -> None:
    other = Authority.create(tmp_path)
    (tmp_path / name).write_bytes(other.roots)
    assert authority.add_to([tmp_path], tmp_path / "system.pem") == {}
    assert each((tmp_path / name).read_bytes()) == each(other.roots) + each(authority.roots)
    assert not (tmp_path / "system.pem").exists()


def test_a_package_without_roots_gets_the_system_with_one_more(authority: Authority, tmp_path: Path) -> None:
    variables = authority.add_to([tmp_path], tmp_path / "system.pem")
    assert variables == {"SSL_CERT_FILE": str(tmp_path / "system.pem")}
    installed = ssl.get_default_verify_paths().cafile
    before = Path(installed).read_bytes() if installed else b""
    assert (tmp_path / "system.pem").read_bytes() == before + authority.roots
    assert list(tmp_path.iterdir()) == [tmp_path / "system.pem"]
