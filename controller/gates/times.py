"""The times of the week in which steps are taken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from controller.analysis.document import Document, one_of, read_list

DAYS = "mon", "tue", "wed", "thu", "fri", "sat", "sun"
MIDNIGHT = "24:00"
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def is_time(value: str) -> bool:
    """Return True for `00:00` to `24:00`."""
    return value == MIDNIGHT or _TIME.fullmatch(value) is not None


def _time(value: object) -> str:
    if not isinstance(value, str) or not is_time(value):
        raise ValueError
    return value


@dataclass(frozen=True)
class Times(Document):
    """A part of some days of the week, by the clock of a time zone: from `start` until just before `end`."""

    days: tuple[str, ...]
    start: str
    end: str

    KEYS: ClassVar = {"start": "from", "end": "to"}
    READERS: ClassVar = {"days": read_list(one_of(DAYS)), "start": _time, "end": _time}

    def has(self, at: datetime) -> bool:
        """Return True where this local time is within."""
        return DAYS[at.weekday()] in self.days and self.start <= f"{at:%H:%M}" < self.end

    def starts(self, first: date, zone: ZoneInfo) -> Iterator[datetime]:
        """Yield when it begins in the week from this day on: after the hour that clocks leave out, if it is in that."""
        for day in (first + timedelta(days=number) for number in range(8)):
            if DAYS[day.weekday()] in self.days and self.start != MIDNIGHT:
                begins = datetime.combine(day, time.fromisoformat(self.start), zone)
                existing = _skip_missing_hour(begins, zone)
                if self.has(existing):
                    yield existing


def _skip_missing_hour(begins: datetime, zone: ZoneInfo) -> datetime:
    """Return the first local time from this one on that exists: clocks that are put forward leave some out."""
    while begins.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != begins.replace(tzinfo=None):
        begins += timedelta(minutes=1)
    return begins


def is_open(times: tuple[Times, ...], time_zone: str, now: float) -> bool:
    """Return True at a time for steps: always where no times are set.

    Where clocks are put back, an hour occurs twice, and both are meant; where they are put forward, what would begin
    in the hour left out begins after it.
    """
    local = datetime.fromtimestamp(now, ZoneInfo(time_zone))
    return not times or any(part.has(local) for part in times)


def opens_at(times: tuple[Times, ...], time_zone: str, now: float) -> int:
    """Return when the next of the times begins, in seconds since 1970."""
    zone = ZoneInfo(time_zone)
    today = datetime.fromtimestamp(now, zone).date()
    begins = [int(start.timestamp()) for part in times for start in part.starts(today, zone)]
    return min((begin for begin in begins if begin > now), default=0)


def describe_time(at: float, time_zone: str) -> str:
    """`Mon 2026-11-30 09:00 Europe/Berlin`."""
    return f"{datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(time_zone)):%a %Y-%m-%d %H:%M} {time_zone}"
