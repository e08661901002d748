"""A share of a core: the kernel's quota and the one by signals keep to it, and what is frozen stays so."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Generator

import pytest

from simulator.cpu_share import CpuLimiter, CpuQuota, CpuShareError, parse_cpu_share
from simulator.cpu_share.cgroups import find_cgroups
from simulator.cpu_share.duty_cycle import DutyCycles, cpu_seconds

BUSY = "while True: pass"
SHARE = 0.2
MOST = 0.3
"""With what a look that comes late on a busy machine lets through."""
SECONDS = 1.0


def kernel() -> CpuLimiter:
    limiter = find_cgroups()
    if limiter is None:
        pytest.skip("this user may not make cgroups")
    return limiter


@pytest.fixture(params=[kernel, DutyCycles], ids=["cgroups", "signals"])
def limiter(request: pytest.FixtureRequest) -> Generator[CpuLimiter]:
    made: Callable[[], CpuLimiter] = request.param
    limiter = made()
    yield limiter
    limiter.close()


@contextlib.contextmanager
def hold_busy(limiter: CpuLimiter) -> Generator[tuple[CpuQuota, int]]:
    quota = limiter.quota(SHARE)
    with subprocess.Popen([sys.executable, "-S", "-c", BUSY], start_new_session=True) as process:
        quota.hold(process.pid)
        try:
            yield quota, process.pid
        finally:
            process.kill()
            process.wait()
            quota.close()


def used_in(pid: int, seconds: float) -> float:
    """CPU seconds by seconds that have passed."""
    started, before = time.perf_counter(), cpu_seconds(pid)
    time.sleep(seconds)
    return (cpu_seconds(pid) - before) / (time.perf_counter() - started)


@pytest.mark.long_if(r"signals")
def test_a_busy_process_gets_its_share_and_no_more(limiter: CpuLimiter) -> None:
    """A machine that does other things as well can only take of it: the upper end is what the quota holds."""
    with hold_busy(limiter) as (_, pid):
        assert 0.01 < used_in(pid, SECONDS) < MOST


@pytest.mark.long
@pytest.mark.long_if(r"signals")
def test_a_frozen_process_gets_nothing_until_it_is_thawed(limiter: CpuLimiter) -> None:
    with hold_busy(limiter) as (quota, pid):
        time.sleep(0.1)
        quota.freeze()
        time.sleep(0.1)
        assert used_in(pid, 0.3) == 0
        quota.thaw()
        assert 0.01 < used_in(pid, SECONDS) < MOST


@pytest.mark.long
@pytest.mark.long_if(r"signals")
def test_a_process_that_has_ended_disturbs_no_other(limiter: CpuLimiter) -> None:
    with hold_busy(limiter):
        pass
    with hold_busy(limiter) as (_, pid):
        assert 0.01 < used_in(pid, SECONDS) < MOST


def test_a_quota_leaves_no_cgroup_behind() -> None:
    limiter = find_cgroups()
    if limiter is None:
        pytest.skip("this user may not make cgroups")
    before = set(limiter.parent.glob("edge-router-cpu-*"))
    with hold_busy(limiter):
        assert len(set(limiter.parent.glob("edge-router-cpu-*")) - before) == 1
    assert set(limiter.parent.glob("edge-router-cpu-*")) <= before


@pytest.mark.parametrize(("text", "share"), [("7%", 0.07), ("0.07", 0.07), ("100%", 1), ("1", 1), ("0.1%", 0.001)])
def test_a_share_is_a_percentage_or_a_fraction(text: str, share: float) -> None:
    assert parse_cpu_share(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["", "%", "7 percent", "0", "0%", "101%", "2", "-1", "nan", "inf", "0.01%"])
def test_what_is_no_share_of_a_core_is_told(text: str) -> None:
    with pytest.raises(CpuShareError) as caught:
        parse_cpu_share(text)
    assert str(caught.value) == f"{text}: must be a share of one core such as 7% or 0.07, from 0.1% to 100%"
