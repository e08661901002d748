"""Dates of RFC 3339, read without importing datetime where they are written as most are."""

from __future__ import annotations

_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_EPOCH_DAYS = 719_468
"""From 1 March of the year 0 to 1 January 1970."""


def parse_date(text: str) -> float | None:
    """Epoch seconds of a date and time with its offset, or None. Whatever datetime.fromisoformat reads is accepted."""
    plain = _parse_plain(text)
    if plain is not None:
        return plain
    from datetime import datetime  # here, because a cold start pays for it

    try:
        parsed = datetime.fromisoformat(text)
        return parsed.timestamp() if parsed.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _parse_plain(text: str) -> float | None:
    """Epoch seconds of `2026-11-01T00:00:00` with Z or an offset such as +01:00 behind it; None for anything else."""
    zone = text[19:].replace("Z", "+00:00", 1) if len(text) == 20 else text[19:]
    parts = [text[:4], text[5:7], text[8:10], text[11:13], text[14:16], text[17:19], zone[1:3], zone[4:]]
    marks = text[4:5] + text[7:8] + text[10:11] + text[13:14] + text[16:17] + zone[3:4]
    if [*map(len, parts)] != [4, 2, 2, 2, 2, 2, 2, 2] or marks != "--T:::" or zone[0] not in "+-":
        return None
    if not all(part.isascii() and part.isdigit() for part in parts):
        return None
    year, month, day, hour, minute, second, hours, minutes = map(int, parts)
    if not (1 < year < 9_999 and 1 <= month <= 12 and 1 <= day <= _days_in(year, month)):
        return None
    if hour > 23 or minute > 59 or second > 59 or hours > 23 or minutes > 59:
        return None
    offset = (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)
    return float(((_epoch_days(year, month, day) * 24 + hour) * 60 + minute - offset) * 60 + second)


def _days_in(year: int, month: int) -> int:
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and is_leap else _DAYS[month - 1]


def _epoch_days(year: int, month: int, day: int) -> int:
    """Days from 1 January 1970, counted in years that begin with March and end with the leap day."""
    years, months = year - (month <= 2), (month + 9) % 12
    return years * 365 + years // 4 - years // 100 + years // 400 + (153 * months + 2) // 5 + day - 1 - _EPOCH_DAYS
