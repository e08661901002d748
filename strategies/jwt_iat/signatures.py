"""Signatures of JSON Web Tokens (RFC 7515): HS256 with the standard library, RS256 and ES256 with cryptography."""

from __future__ import annotations

from router.model.digest import Hmac, compare_digest
from router.model.record import is_list
from strategies.jwt_iat.claims import TokenError, decode_segments, encode_base64url, parse_object
from strategies.jwt_iat.keys import decode_member, parse_jwks
from strategies.options import require

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Verifies = Callable[[bytes, bytes], bool]
    """True where the second, a signature, is right for the first, the signing input."""

COORDINATE_BYTES = 32
SHORTEST_RSA_BITS = 2_048


def load_keys(
    algorithm: str, secret: str, public_key: str, jwks: dict[str, object] | str
) -> list[tuple[str | None, Verifies]]:
    """(kid or None, verifier) for each key; OptionsError naming the option whose key is none.

    For RS256 and ES256 it imports cryptography, which is installed at the edge but not everywhere.
    """
    field = "secret" if secret else "public_key" if public_key else "jwks"
    try:
        if secret:
            return [(None, _hs256(secret.encode()))]
        if public_key:
            return [(None, _from_pem(public_key.strip().encode(), algorithm))]
        return [(jwk.get("kid"), _from_jwk(jwk, algorithm)) for jwk in parse_jwks(jwks, algorithm)[0]]
    except ImportError:
        raise
    except Exception:  # cryptography has several kinds
        require(**{field: f"cannot be used as a key for {algorithm}"})
        raise


def verify(token: str, algorithm: str, keys: list[tuple[str | None, Verifies]]) -> bytes:
    """The payload, signed by one of the keys with the algorithm of the options; TokenError otherwise."""
    segments = decode_segments(token)
    header = parse_object(segments[0])
    if header.get("alg") != algorithm:
        raise TokenError("wrong-algorithm")
    kid = header.get("kid")
    verifiers = [verifies for own, verifies in keys if own is None or kid is None or own == kid]
    if not verifiers:
        raise TokenError("unknown-key")
    if not _is_understood(header) or token != ".".join(map(encode_base64url, segments)):
        raise TokenError("malformed-token")
    signing_input = token.rpartition(".")[0].encode()
    if not any(verifies(signing_input, segments[2]) for verifies in verifiers):
        raise TokenError("bad-signature")
    return segments[1]


def _is_understood(header: dict[str, Any]) -> bool:
    """False for a `kid` that is not text, a token in a token, and extensions that are not known here.

    RFC 7515 §4.1.11. `b64` (RFC 7797) may be named and true; a payload that is not base64url has no place in a JSON Web
    Token. A `cty` of JWT says that another token is in this one (RFC 7519 §5.2), and a payload of claims is none.
    """
    if not isinstance(header.get("kid", ""), str) or header.get("b64", True) is not True:
        return False
    if str(header.get("cty", "")).upper() == "JWT":
        return False
    critical = header.get("crit", ["b64"])
    is_known = is_list(critical) and bool(critical) and all(name == "b64" for name in critical)
    return is_known and ("crit" not in header or "b64" in header)


def _hs256(key: bytes) -> Verifies:
    hmac = Hmac(key)
    return lambda signing_input, signature: compare_digest(hmac.digest(signing_input), signature)


def _from_jwk(jwk: dict[str, Any], algorithm: str) -> Verifies:
    """A key of a JWK Set (RFC 7518 §6), whose members parse_jwks has checked as text."""
    if algorithm == "HS256":
        return _hs256(decode_member(jwk["k"]))
    if algorithm == "RS256":
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

        exponent, modulus = (int.from_bytes(decode_member(jwk[name]), "big") for name in ("e", "n"))
        return _rs256(RSAPublicNumbers(exponent, modulus).public_key())
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

    point = b"".join(_coordinate(jwk[name]) for name in ("x", "y"))
    return _es256(EllipticCurvePublicKey.from_encoded_point(SECP256R1(), b"\x04" + point))


def _coordinate(member: str) -> bytes:
    content = decode_member(member)
    if len(content) != COORDINATE_BYTES:
        raise ValueError("a coordinate of P-256 has 32 bytes")
    return content


def _from_pem(pem: bytes, algorithm: str) -> Verifies:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key: Any = load_pem_public_key(pem)
    return _rs256(key.public_numbers().public_key()) if algorithm == "RS256" else _es256(key)


def _rs256(key: Any) -> Verifies:
    """RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3)."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA256

    if not isinstance(key, RSAPublicKey) or key.key_size < SHORTEST_RSA_BITS:
        raise ValueError("no RSA key of at least 2,048 bits")
    padding, hashed = PKCS1v15(), SHA256()

    def verifies(signing_input: bytes, signature: bytes) -> bool:
        try:
            key.verify(signature, signing_input, padding, hashed)
        except InvalidSignature:
            return False
        return True

    return verifies


def _es256(key: Any) -> Verifies:
    """ECDSA with P-256 and SHA-256: the signature is r and s of 32 bytes each (RFC 7518 §3.4)."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise ValueError("no EC key on the curve P-256")
    hashed = ECDSA(SHA256())

    def verifies(signing_input: bytes, signature: bytes) -> bool:
        if len(signature) != 2 * COORDINATE_BYTES:
            return False
        r, s = (int.from_bytes(half, "big") for half in (signature[:COORDINATE_BYTES], signature[COORDINATE_BYTES:]))
        try:
            key.verify(encode_dss_signature(r, s), signing_input, hashed)
        except InvalidSignature:
            return False
        return True

    return verifies
