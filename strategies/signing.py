"""Signed values in cookies: HMAC-SHA256 (RFC 2104) in base64url, with keys that are replaced one after the other."""

from __future__ import annotations

from binascii import b2a_base64

from router.model.digest import compare_digest, hmac_sha256

SHORTEST_KEY_CHARACTERS = 16


def keys_error(keys: tuple[str, ...]) -> str:
    """The error of signing keys, or ""."""
    if all(len(key) >= SHORTEST_KEY_CHARACTERS for key in keys):
        return ""
    return f"has a key of under {SHORTEST_KEY_CHARACTERS} characters: use 32 random ones"


def sign(keys: tuple[str, ...], payload: str, bound_to: str = "") -> str:
    """`<payload>.<signature>` by the first key; `bound_to` is signed too, and has to be known to verify it."""
    return f"{payload}.{_signature(keys[0], payload + bound_to)}"


def verify(keys: tuple[str, ...], value: str, bound_to: str = "") -> str:
    """The payload of a value that one of the keys has signed, else ""; compared in constant time."""
    payload, _, signature = value.rpartition(".")
    given = signature.encode("utf-8", "replace")
    matches = [compare_digest(_signature(key, payload + bound_to).encode(), given) for key in keys]
    return payload if any(matches) else ""


def to_base64url(data: bytes) -> str:
    """RFC 4648 §5, without padding (and without importing base64)."""
    return b2a_base64(data, newline=False).decode().rstrip("=").replace("+", "-").replace("/", "_")


def _signature(key: str, text: str) -> str:
    return to_base64url(hmac_sha256(key.encode(), text.encode("utf-8", "surrogatepass")))
