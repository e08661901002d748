"""The router's alarm: it comes again where it was lost, spares what must not be cut off, and never comes too late."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from router.model.deadline import Deadline, DeadlineError, uninterrupted


def spin(seconds: float = 5) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


@pytest.fixture
def lost(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The types of the exceptions that Python printed and lost."""
    types: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: types.append(unraisable.exc_type))
    return types


def elapsed_until_cut_off(body: Callable[[], object], seconds: float = 0.02) -> float:
    started = time.monotonic()
    with pytest.raises(DeadlineError), Deadline(seconds):
        body()
    return time.monotonic() - started


@pytest.mark.parametrize("body", [spin, lambda: time.sleep(5), lambda: threading.Lock().acquire() and spin()])
def test_what_takes_too_long_is_cut_off(body: Callable[[], object]) -> None:
    assert elapsed_until_cut_off(body) < 0.5


def test_what_ends_in_time_is_left_alone() -> None:
    with Deadline(0.02):
        pass
    spin(0.05)


class Slow:
    """Something whose end takes a while."""

    def __del__(self) -> None:
        spin(0.05)


class Target:
    pass


def in_weakref_callback() -> None:
    target = Target()
    kept = weakref.ref(target, lambda _: spin(0.05))
    del target
    spin()
    assert kept


def in_finalizer() -> None:
    slow = Slow()
    del slow
    spin()


@pytest.mark.parametrize("body", [in_weakref_callback, in_finalizer])
def test_an_alarm_that_python_loses_comes_again(body: Callable[[], None], lost: list[object]) -> None:
    assert elapsed_until_cut_off(body) < 0.5
    assert set(lost) == {DeadlineError}


def test_an_alarm_that_a_strategy_swallows_comes_again() -> None:
    def swallow() -> None:
        with contextlib.suppress(BaseException):
            spin()
        spin()

    assert elapsed_until_cut_off(swallow) < 0.5


def test_an_error_that_interrupted_code_makes_of_it_is_the_deadline() -> None:
    def release_twice() -> None:
        lock = threading.Lock()
        try:
            spin()
        finally:
            lock.release()  # RuntimeError: release unlocked lock, as threading.Condition can come to it

    assert elapsed_until_cut_off(release_twice) < 0.5


def test_an_error_before_the_deadline_is_what_it_is() -> None:
    with pytest.raises(KeyError), Deadline(0.5):
        raise KeyError
    with pytest.raises(RuntimeError), Deadline(0.5):
        raise RuntimeError


def test_the_start_of_a_thread_is_not_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "_start_new_thread" if hasattr(threading, "_start_new_thread") else "_start_joinable_thread"  # from 3.13 on
    real, ran = getattr(threading, name), threading.Event()

    def start_slowly(*given: Any, **named: Any) -> Any:
        spin(0.05)
        return real(*given, **named)

    monkeypatch.setattr(threading, name, start_slowly)

    def start_and_spin() -> None:
        threading.Thread(target=ran.set).start()
        spin()

    assert elapsed_until_cut_off(start_and_spin) < 0.5
    assert ran.wait(1)
    assert threading._limbo == {}


def test_a_function_that_is_marked_is_left_to_end() -> None:
    ended: list[bool] = []

    @uninterrupted
    def whole() -> None:
        spin(0.05)
        time.sleep(0.05)
        ended.append(True)

    def body() -> None:
        whole()
        spin()

    assert 0.1 < elapsed_until_cut_off(body) < 0.6
    assert ended == [True]


def test_no_alarm_comes_after_the_context() -> None:
    """Whichever instruction it comes at: within, it is raised there; later, it is not raised at all."""
    cut_off = 0
    for number in range(2_000):
        try:
            with Deadline(1e-6 * (1 + number % 40)):
                sum(range(number % 200))
        except DeadlineError:
            cut_off += 1
        signal.raise_signal(signal.SIGALRM)
    assert cut_off > 0
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_another_threads_deadline_does_nothing_and_leaves_the_main_ones_alone() -> None:
    deadline = Deadline(0.05)
    ended: list[bool] = []

    def elsewhere() -> None:
        with deadline:
            spin(0.01)
        ended.append(True)

    def body() -> None:
        thread = threading.Thread(target=elsewhere)
        thread.start()
        while not ended:
            time.sleep(0.001)
        spin()

    started = time.monotonic()
    with pytest.raises(DeadlineError), deadline:
        body()
    assert time.monotonic() - started < 0.5
    assert ended == [True]
