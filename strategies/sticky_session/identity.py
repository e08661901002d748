"""Sessions as frameworks write them: from the cookie's value to the table's key, and the version in a document."""

from __future__ import annotations

from binascii import b2a_base64, unhexlify

from router.model.digest import compare_digest, hmac_sha256, sha256
from router.model.record import record
from strategies.options import first_error
from strategies.sticky_session.document import MAX_DEPTH, read_code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_PREFIX_BYTES = 255


@record
class Identity:
    """The form of a stack's sessions; every field has the meaning of the option with its name."""

    decode_cookie: bool
    signed_cookie: str
    cookie_secrets: tuple[str, ...]
    key_digest: str
    key_prefix: str
    version_path: str

    def errors(self) -> dict[str, str]:
        """Errors by option."""
        size, steps = len(self.key_prefix.encode("utf-8", "replace")), self.version_path.split(".")
        return {
            "signed_cookie": _one_of(self.signed_cookie, "express"),
            "cookie_secrets": first_error(
                "" if all(self.cookie_secrets) else "has an empty entry",
                "is set, but signedCookie is not: nothing would be verified"
                if self.cookie_secrets and not self.signed_cookie
                else "",
            ),
            "key_digest": _one_of(self.key_digest, "sha256"),
            "key_prefix": f"has {size} bytes: allowed is {MAX_PREFIX_BYTES}" if size > MAX_PREFIX_BYTES else "",
            "version_path": f"is {self.version_path!r}: allowed is 1 to {MAX_DEPTH} names with dots between them"
            if self.version_path and (not all(steps) or len(steps) > MAX_DEPTH)
            else "",
        }

    def key(self, value: str) -> tuple[str, str]:
        """(the table's key for a cookie's value, ""), or ("", the reason why there is none)."""
        try:
            token = _percent_decode(value) if self.decode_cookie else value
            if self.signed_cookie:
                token, reason = self._unsign(token)
                if reason:
                    return "", reason
            if self.key_digest:
                token = sha256(token.encode()).hexdigest()
            return (self.key_prefix + token, "") if token else ("", "malformed-session")
        except ValueError:  # not UTF-8
            return "", "malformed-session"

    def code(self, attribute: Mapping[str, object]) -> object:
        """The version code in an attribute; None, or anything that is not text, where it has none."""
        if not self.version_path:
            return attribute.get("S", attribute.get("N"))
        return read_code(attribute, self.version_path.split("."))

    def _unsign(self, signed: str) -> tuple[str, str]:
        """(the value, "") of `s:<value>.<signature>`, or ("", the reason): as cookie-signature 1.2.2 signs it."""
        value, dot, signature = signed.removeprefix("s:").rpartition(".")
        if not signed.startswith("s:") or not dot or not value:
            return "", "malformed-session"
        given = signature.encode()
        matches = [compare_digest(_signature(secret, value), given) for secret in self.cookie_secrets]
        return ("", "forged-session") if matches and not any(matches) else (value, "")


def _one_of(value: str, allowed: str) -> str:
    return "" if value in ("", allowed) else f"is {value!r}: allowed: {allowed}"


def _signature(secret: str, value: str) -> bytes:
    return b2a_base64(hmac_sha256(secret.encode(), value.encode()), newline=False).rstrip(b"=")


def _percent_decode(text: str) -> str:
    """Decode as decodeURIComponent does, but for a % that begins no escape, which stays; ValueError if not UTF-8."""
    first, *rest = text.encode().split(b"%")
    decoded = bytearray(first)
    for part in rest:
        try:
            decoded += unhexlify(part[:2].ljust(2, b"%")) + part[2:]
        except ValueError:
            decoded += b"%" + part
    return decoded.decode()
