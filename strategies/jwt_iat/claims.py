"""JSON Web Tokens without signatures: segments, and the rules for claims (RFC 7519 §4.1)."""

from __future__ import annotations

import json
from binascii import a2b_base64, b2a_base64

from router.model.record import is_object, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

LATEST_DATE = 253_402_300_799
"""The end of the year 9999 in epoch seconds: a later date is a mistake (milliseconds, most often)."""


class TokenError(Exception):
    """An unusable token. `reason` is kebab-case, for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def decode_segments(token: str) -> list[bytes]:
    """Header, payload and signature of a compact JWS (RFC 7515 §3.1); TokenError("malformed-token") otherwise."""
    segments = token.split(".")
    if len(segments) != 3:
        raise TokenError("malformed-token")
    try:
        return [decode_base64url(segment) for segment in segments]
    except ValueError as error:
        raise TokenError("malformed-token") from error


def parse_object(segment: bytes) -> dict[str, Any]:
    """The members of a header or a payload; TokenError("malformed-token") where it is not a JSON object in UTF-8."""
    try:
        members: object = json.loads(segment.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:  # a few kilobytes of "[" nest deeper than Python does
        raise TokenError("malformed-token") from error
    if not is_object(members):
        raise TokenError("malformed-token")
    return members


def _refuse_constant(name: str) -> None:
    """Refuse NaN and Infinity, which Python reads and JSON has not (RFC 8259 §6)."""
    raise ValueError(f"{name} is not JSON")


def decode_base64url(text: str) -> bytes:
    """The bytes behind base64url, which has neither padding nor spaces nor + and / (RFC 7515 §2); ValueError."""
    if "=" in text or "+" in text or "/" in text:
        raise ValueError("not base64url")
    return a2b_base64(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), strict_mode=True)


def encode_base64url(content: bytes) -> str:
    """The one spelling that base64url has for these bytes."""
    return b2a_base64(content, newline=False).decode().rstrip("=").replace("+", "-").replace("/", "_")


def parse_date(text: str) -> float | None:
    """Epoch seconds of a date and time with its offset (RFC 3339), or None."""
    from datetime import datetime  # here, for a stack of another strategy checks these options without it

    try:
        parsed = datetime.fromisoformat(text)
        return parsed.timestamp() if parsed.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


@record
class ClaimRules:
    """Rules for claims: dates in epoch seconds within a leeway; issuer and audience where they are not ""."""

    issuer: str
    audience: str
    leeway_seconds: float
    audience_claims: Sequence[str] = ("aud",)

    def check(self, claims: dict[str, Any], now: float) -> float:
        """The time the token was issued at (`iat`); TokenError with the first rule that is broken."""
        expires, not_before = _date(claims, "exp"), _date(claims, "nbf")
        if expires is not None and expires <= now - self.leeway_seconds:
            raise TokenError("expired-token")
        if not_before is not None and not_before > now + self.leeway_seconds:
            raise TokenError("not-yet-valid")
        if self.issuer and claims.get("iss") != self.issuer:
            raise TokenError("wrong-issuer")
        if self.audience and not any(_names(claims.get(name), self.audience) for name in self.audience_claims):
            raise TokenError("wrong-audience")
        return self._issued_at(claims, now)

    def _issued_at(self, claims: dict[str, Any], now: float) -> float:
        issued_at = _date(claims, "iat")
        if issued_at is None:
            raise TokenError("missing-iat")
        if issued_at > now + self.leeway_seconds:
            raise TokenError("future-iat")
        return issued_at


def _date(claims: dict[str, Any], name: str) -> float | None:
    """A NumericDate (RFC 7519 §2): any JSON number, which a boolean and null are not; None without one."""
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LATEST_DATE:
        raise TokenError(f"malformed-{name}")
    return value


def _names(audience: object, expected: str) -> bool:
    """True where an audience, one string or a list of them (RFC 7519 §4.1.3), has the expected name."""
    return audience == expected or (isinstance(audience, list) and expected in audience)
