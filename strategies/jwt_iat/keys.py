"""The keys that verify tokens, checked as text: at preview and at cold start."""

from __future__ import annotations

import json
from binascii import a2b_base64

from router.model.record import is_list, is_object
from strategies.jwt_iat.claims import decode_base64url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SHORTEST_SECRET_BYTES = 32
"""A key of the hash output's size or larger MUST be used with HS256 (RFC 7518 §3.2)."""
MAX_KEYS = 16
"""The most keys that a token without `kid` is tried with."""

_SIGNING = frozenset({"sign", "verify"})
_PEM_BEGIN, _PEM_END = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"
_KEY_TYPE = {"HS256": "oct", "RS256": "RSA", "ES256": "EC"}
_MEMBERS = {"HS256": ("k",), "RS256": ("n", "e"), "ES256": ("x", "y")}
_SHORTEST_MEMBER_BYTES = {"k": SHORTEST_SECRET_BYTES, "n": 256, "e": 1, "x": 32, "y": 32}
_KIND = {"RS256": "RSA key of at least 2,048 bits", "ES256": "EC key on the curve P-256"}
_OBJECT_IDENTIFIERS = {
    "RS256": bytes.fromhex("06092a864886f70d010101"),  # rsaEncryption, RFC 8017 appendix C
    "ES256": bytes.fromhex("06082a8648ce3d030107"),  # secp256r1, RFC 5480 §2.1.1.1
}
_SSH_FORMATS = (b"ssh-ed25519", b"ssh-rsa", b"ssh-dss", b"ecdsa-sha2-nistp")
_DER_SEQUENCE = b"0"
_KEY_IDENTIFIERS = tuple(
    map(
        bytes.fromhex,
        ("06092a864886f70d0101", "06072a8648ce3d0201", "06072a8648ce380401", "06032b6570", "06032b6571", "06032b656e"),
    )
)
"""RSA of any kind, EC, DSA, Ed25519, Ed448 and X25519, in a SubjectPublicKeyInfo or a certificate (RFC 3279, 8410)."""
_BEFORE_JSON = b"\xef\xbb\xbf\xfe\xff\0 \t\r\n"
_SHORTEST_KEY_BYTES = {"RS256": 290, "ES256": 59}
"""A SubjectPublicKeyInfo of 2,048 bits has 292 bytes or more, one of P-256 has 91, or 59 with its point compressed."""


def secret_error(secret: str) -> str:
    """The error of an HS256 secret, without quoting it, or ""."""
    size = len(secret.encode("utf-8", "replace"))
    if size < SHORTEST_SECRET_BYTES:
        return f"has {size} bytes: HS256 needs at least {SHORTEST_SECRET_BYTES} (RFC 7518 §3.2)"
    looks_like_key = secret.lstrip().startswith(("-----BEGIN", "ssh-", "ecdsa-", "{", "["))
    if looks_like_key or is_another_key(secret.encode("utf-8", "replace")):
        return "looks like a public key or a JWK: HS256 needs a shared secret; a JWK belongs in jwks"
    return ""


def is_another_key(secret: bytes) -> bool:
    """True where a secret is an asymmetric key, a certificate or a JWK: what others may know must not be a secret."""
    if secret.startswith(_SSH_FORMATS):
        return True
    if secret.startswith(_DER_SEQUENCE) and any(identifier in secret for identifier in _KEY_IDENTIFIERS):
        return True
    is_rsa = (secret[:2], secret[4:6]) == (b"0\x82", b"\x02\x82")  # RSAPublicKey of PKCS #1, which has no identifier
    return is_rsa or _holds_pem(secret) or _holds_jwk(secret)


def _holds_pem(secret: bytes) -> bool:
    if b"----" not in secret:
        return False
    import re  # here, because hardly any secret gets this far

    return re.search(rb"----[- ]BEGIN ([A-Z0-9 ]+)[- ]----.*----[- ]END \1[- ]----", secret, re.DOTALL) is not None


def _holds_jwk(secret: bytes) -> bool:
    """True for JSON with an object, at any depth, that has `kty`, in any encoding that JSON may have."""
    begin = secret.lstrip(_BEFORE_JSON)[:1]
    if begin not in (b"{", b"["):
        return False
    try:
        waiting: list[object] = [json.loads(secret, parse_int=str)]  # a number of any length
    except ValueError:
        return False
    except RecursionError:
        return begin == b"{" or b'"kty"' in secret
    while waiting:
        value = waiting.pop()
        if is_object(value):
            if "kty" in value:
                return True
            waiting += value.values()
        elif is_list(value):
            waiting += value
    return False


def public_key_error(pem: str, algorithm: str) -> str:
    """The error of a PEM public key (RFC 7468 §13) as far as its text shows, without quoting it, or ""."""
    text = pem.strip()
    if "PRIVATE KEY" in text:
        return "is a private key: give its public half only (openssl pkey -in key.pem -pubout)"
    if "BEGIN CERTIFICATE" in text:
        return "is a certificate: give its public key (openssl x509 -in certificate.pem -noout -pubkey)"
    if not (text.startswith(_PEM_BEGIN) and text.endswith(_PEM_END)):
        return f"is not a PEM public key: it begins with {_PEM_BEGIN} and ends with {_PEM_END}"
    try:
        der = a2b_base64("".join(text[len(_PEM_BEGIN) : -len(_PEM_END)].split()), strict_mode=True)
    except ValueError:
        return "cannot be read: between its BEGIN and END lines stands something that is not base64"
    if _OBJECT_IDENTIFIERS[algorithm] not in der or len(der) < _SHORTEST_KEY_BYTES[algorithm]:
        return f"is not an {_KIND[algorithm]}, which {algorithm} needs"
    return ""


def parse_jwks(jwks: dict[str, object] | str, algorithm: str) -> tuple[list[dict[str, Any]], str]:
    """The keys of a JWK Set (RFC 7517 §5) for an algorithm, and the error of the set, without quoting it, or ""."""
    try:
        document: object = json.loads(jwks) if isinstance(jwks, str) else jwks
    except (ValueError, RecursionError):
        return [], "is not JSON: it is a JWK Set (RFC 7517 §5) such as {'keys': [...]}"
    keys = _list_of_keys(document)
    if not 0 < len(keys) <= MAX_KEYS:
        return [], f"has no list `keys` of 1 to {MAX_KEYS} keys: it is a JWK Set (RFC 7517 §5)"
    found: list[dict[str, Any]] = []
    unusable: list[str] = []
    for index, key in enumerate(keys):
        if not is_object(key):
            return [], f"keys[{index}] is not an object"
        if not _is_for(key, algorithm):
            continue
        if error := _operations_error(key) or _key_error(key, algorithm):
            return [], f"keys[{index}] {error}"
        if "verify" in key.get("key_ops", ("verify",)):
            found.append(key)
        else:
            unusable.append(f"keys[{index}] is not for it, for its key_ops have no verify")
    missing = f"has no key for {algorithm}: one has kty {_KEY_TYPE[algorithm]} and use sig"
    return found, "" if found else "; ".join([missing, *unusable])


def _list_of_keys(document: object) -> list[object]:
    keys: list[object] | None = document.get("keys") if is_object(document) else None
    return keys if isinstance(keys, list) else []


def _is_for(key: dict[str, Any], algorithm: str) -> bool:
    return (
        key.get("kty") == _KEY_TYPE[algorithm]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (algorithm != "ES256" or key.get("crv") == "P-256")
    )


def _operations_error(key: dict[str, Any]) -> str:
    """The error of `key_ops` (RFC 7517 §4.3), which are different texts that do not contradict `use`, or ""."""
    if "key_ops" not in key:
        return ""
    operations: Any = key["key_ops"]
    if not is_list(operations) or not all(isinstance(operation, str) for operation in operations):
        return "has key_ops that are not a list of texts such as verify"
    if len(set(operations)) < len(operations):
        return "has key_ops that name one operation twice"
    if "use" in key and not _SIGNING.issuperset(operations):
        return "has use sig beside key_ops other than sign and verify, which contradict it"
    return ""


def _key_error(key: dict[str, Any], algorithm: str) -> str:
    if algorithm != "HS256" and "d" in key:
        return "holds a private key: leave only its public members"
    if not isinstance(key.get("kid", ""), str):
        return "has a kid that is not a string"
    for member in _MEMBERS[algorithm]:
        shortest = _SHORTEST_MEMBER_BYTES[member]
        if _size(key.get(member)) < shortest:
            return f"has no {member} of at least {shortest} bytes in base64url, which {algorithm} needs"
    if algorithm == "HS256" and is_another_key(decode_member(key["k"])):
        return "has a k that looks like a public key or a JWK: HS256 needs a shared secret"
    return ""


def decode_member(encoded: str) -> bytes:
    """The bytes of a key's member, which is written with padding here and there; ValueError."""
    return decode_base64url(encoded.rstrip("="))


def _size(encoded: object) -> int:
    if not isinstance(encoded, str):
        return -1
    try:
        return len(decode_member(encoded))
    except ValueError:
        return -1
