"""SHA-256, HMAC and comparison in constant time without OpenSSL, which takes 5 ms of a cold start to load.

CPython's own `random` has its SHA-256 from the same module.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hashlib import sha256
    from hmac import compare_digest
else:
    try:
        from _sha2 import sha256  # CPython 3.12 and later
    except ImportError:
        try:
            from _sha256 import sha256  # CPython 3.11
        except ImportError:
            from hashlib import sha256
    try:
        from _operator import _compare_digest as compare_digest
    except ImportError:
        from hmac import compare_digest

__all__ = ["Hmac", "compare_digest", "hmac_sha256", "sha256"]
BLOCK_BYTES = 64
_INNER_PAD = bytes(number ^ 0x36 for number in range(256))
_OUTER_PAD = bytes(number ^ 0x5C for number in range(256))


class Hmac:
    """HMAC-SHA256 (RFC 2104) with one key."""

    __slots__ = ("_inner_pad", "_outer_pad")

    def __init__(self, key: bytes) -> None:
        block = (sha256(key).digest() if len(key) > BLOCK_BYTES else key).ljust(BLOCK_BYTES, b"\0")
        self._inner_pad, self._outer_pad = block.translate(_INNER_PAD), block.translate(_OUTER_PAD)

    def digest(self, message: bytes) -> bytes:
        return sha256(self._outer_pad + sha256(self._inner_pad + message).digest()).digest()


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """The HMAC-SHA256 of one message."""
    return Hmac(key).digest(message)
