"""The limits of a validation, by a clock that only sleeping moves."""

from __future__ import annotations

import asyncio

import pytest

from validator.traffic.limits import LimitError, Limits


class Time:
    """A clock, and how often it was slept."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.sleeps: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds


def pace(time: Time, rate: float = 4, requests: int = 100, deadline: float = 60) -> Limits:
    return Limits(rate, requests, deadline, time.clock, time.sleep)


def test_requests_go_out_evenly_and_not_faster_than_the_rate():
    time = Time()
    paced = pace(time)

    async def run() -> list[float]:
        sent: list[float] = []
        for _ in range(5):
            await paced.wait()
            sent.append(time.now - 1_000)
        return sent

    assert asyncio.run(run()) == [0, 0.25, 0.5, 0.75, 1.0]
    assert paced.requests == 5


def test_time_that_passed_unused_is_not_made_up_for():
    time = Time()
    paced = pace(time)

    async def run() -> None:
        await paced.wait()
        time.now += 10
        await paced.wait()
        await paced.wait()

    asyncio.run(run())
    assert time.sleeps == [0.25]


def test_concurrent_requests_get_slots_of_their_own():
    time = Time()
    paced = pace(time, rate=2)
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    paced._sleep = note

    async def run() -> None:
        await asyncio.gather(*(paced.wait() for _ in range(4)))

    asyncio.run(run())
    assert waits == [0.5, 1.0, 1.5]


def test_the_limits_stop_further_requests():
    time = Time()
    few = pace(time, requests=2)
    short = pace(time, rate=1, deadline=2)

    async def until_stopped(paced: Limits) -> str:
        for _ in range(1_000):
            try:
                await paced.wait()
            except LimitError as stopped:
                return str(stopped)
        return "never"

    assert asyncio.run(until_stopped(few)) == "the limit of 2 requests is reached"
    assert asyncio.run(until_stopped(short)) == "the time limit of 2 s is over"
    assert (few.requests, short.requests) == (2, 2)


def test_a_site_that_fails_five_times_in_a_row_is_left_alone():
    paced = pace(Time())

    async def run() -> None:
        for has_response in (False, False, False, False, True, False, False, False, False):
            await paced.wait()
            paced.record(has_response=has_response)
        await paced.wait()
        paced.record(has_response=False)
        await paced.wait()

    with pytest.raises(LimitError, match=r"^5 requests in a row got no response$"):
        asyncio.run(run())
