"""The latency test, whose variance has a part by minutes."""

from __future__ import annotations

from math import log

from controller.analysis.comparison import latency_p_value
from tests.controller.fakes import sample


def test_a_few_minutes_are_not_certain_however_many_requests_they_have() -> None:
    canary, stable = sample(1_000_000, latency_ms=130), sample(1_000_000, latency_ms=100)
    assert latency_p_value(canary, stable, log(1.2)) == 0
    assert latency_p_value(canary, stable, log(1.2), periods=3) > 0.01
    assert latency_p_value(canary, stable, log(1.2), periods=60) < 1e-10


def test_latencies_without_variance_are_compared_by_their_means() -> None:
    slow, fast = sample(500, latency_ms=121, spread=0), sample(500, latency_ms=100, spread=0)
    assert latency_p_value(slow, fast, log(1.2)) == 0
    assert latency_p_value(fast, slow, log(1.2)) == 1
    assert 0 < latency_p_value(slow, fast, log(1.2), periods=5) < 0.5
