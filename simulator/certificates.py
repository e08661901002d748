"""Certificates as DynamoDB presents them, from a certificate authority that is made on the spot.

The chain has the length of AWS's ("Amazon Trust Services"): the endpoint's certificate, an intermediate, and the root
cross-signed by an older root. Whoever trusts either root can verify it, and every key is RSA with 2,048 bits.
"""

from __future__ import annotations

import datetime
import ipaddress
import itertools
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ROOTS_NAMES = ("amazon_roots.pem", "roots.pem")
"""Files at the root of a package with the roots that its router trusts: Amazon's, or the user's own."""
HOST = "localhost"
DAYS = 30


@dataclass(frozen=True)
class Authority:
    """`roots` (PEM) verifies what `server_context` presents, for localhost and 127.0.0.1."""

    roots: bytes
    server_context: ssl.SSLContext

    @classmethod
    def create(cls, directory: Path) -> Authority:
        """Make all keys and certificates; the endpoint's are written into `directory`, where OpenSSL reads them."""
        old_root, root = _Issuer.root("Local Services Root"), _Issuer.root("Local Root CA 1")
        intermediate = _Issuer.sign("Local RSA 2048 M01", root)
        endpoint_key = _new_key()
        endpoint = _sign(HOST, endpoint_key, intermediate, is_authority=False)
        crossed = _sign(root.name, root.key, old_root, is_authority=True)
        path = directory / "endpoint.pem"
        path.touch(mode=0o600)
        path.write_bytes(
            endpoint_key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + _pem(endpoint, intermediate.certificate, crossed)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(path)
        return cls(_pem(root.certificate, old_root.certificate), context)

    def add_to(self, packages: Iterable[Path], system: Path) -> dict[str, str]:
        """Add the roots to those of unzipped packages; return variables for packages that have none.

        Such a package trusts the system's roots: `system` is written with those and these, for OpenSSL to read instead.
        """
        files = [[package / name for name in ROOTS_NAMES if (package / name).exists()] for package in packages]
        for file in itertools.chain(*files):
            self._add(file)
        if all(files):
            return {}
        installed = ssl.get_default_verify_paths().cafile
        system.write_bytes((Path(installed).read_bytes() if installed else b"") + self.roots)
        return {"SSL_CERT_FILE": str(system)}

    def _add(self, file: Path) -> None:
        content = file.read_bytes()
        file.chmod(0o644)
        file.write_bytes(content.rstrip(b"\n") + b"\n" + self.roots)
        file.chmod(0o444)


@dataclass(frozen=True)
class _Issuer:
    name: str
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @classmethod
    def root(cls, name: str) -> _Issuer:
        key = _new_key()
        return cls(name, key, _sign(name, key, None, is_authority=True))

    @classmethod
    def sign(cls, name: str, issuer: _Issuer) -> _Issuer:
        key = _new_key()
        return cls(name, key, _sign(name, key, issuer, is_authority=True))


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2048)


def _sign(name: str, key: rsa.RSAPrivateKey, issuer: _Issuer | None, *, is_authority: bool) -> x509.Certificate:
    """A certificate with what RFC 5280 asks for, which Python 3.13 verifies strictly; without issuer, self-signed."""
    issuer_name, issuer_key = (issuer.name, issuer.key) if issuer is not None else (name, key)
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder(_name(issuer_name), _name(name), key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(_key_usage(is_authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if not is_authority:
        names = [x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _key_usage(is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)
