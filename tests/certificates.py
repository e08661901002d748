"""A certificate for loopback servers, made on the spot."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def write_certificate(path: Path) -> Path:
    """A file with key and self-signed certificate for 127.0.0.1 and localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    addresses = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(addresses), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@dataclass(frozen=True)
class Authority:
    """A CA with its key; `signed` is its own certificate, by itself or by another."""

    key: ec.EllipticCurvePrivateKey
    signed: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.signed.public_bytes(serialization.Encoding.PEM)


def issue(
    name: str,
    issuer: Authority | None = None,
    *,
    key: ec.EllipticCurvePrivateKey | None = None,
    hosts: Sequence[str] = (),
    until: timedelta = timedelta(hours=1),
) -> Authority:
    """A certificate by an issuer or by itself: of a CA, or of a server where it names hosts."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(
            issuer.signed.subject if issuer else subject, subject, key.public_key(), x509.random_serial_number()
        )
        .not_valid_before(now - timedelta(hours=2))
        .not_valid_after(now + until)
        .add_extension(x509.BasicConstraints(ca=not hosts, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key((issuer.key if issuer else key).public_key()),
            critical=False,
        )
    )
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), False)
    return Authority(key, builder.sign(issuer.key if issuer else key, hashes.SHA256()))


@dataclass(frozen=True)
class Chain:
    """A chain of the shape that AWS's endpoints have: leaf, intermediate, and the root, cross-signed by an older one.

    `file` is what a server loads; `root` is what a client with Amazon's roots trusts, and `older` what an old one does.
    """

    file: Path
    root: Authority
    older: Authority


def write_chain(directory: Path, *, host: str = "localhost", until: timedelta = timedelta(hours=1)) -> Chain:
    """Issue a chain and write the key and the three certificates that a server sends."""
    older, root = issue("Services Root G2"), issue("Root CA 1")
    crossed = issue("Root CA 1", older, key=root.key)
    intermediate = issue("RSA 2048 M01", root)
    leaf = issue(host, intermediate, hosts=[host], until=until)
    key = leaf.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = directory / "chain.pem"
    file.write_bytes(key + leaf.pem + intermediate.pem + crossed.pem)
    return Chain(file, root, older)


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
