"""`make rollouts`, with few runs: each is a rollout from its start to its end."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bench.rollouts import __main__ as rollouts
from bench.rollouts import study
from bench.rollouts.simulation import Traffic, simulate
from controller.analysis.plan import Plan
from stats import always_valid, score_test
from stats.alpha_spending import ALPHA


@pytest.fixture(autouse=True)
def report(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> object:
    monkeypatch.setattr(rollouts, "REPORT", tmp_path / "made" / "rollouts.json")
    return rollouts.REPORT


@pytest.mark.long
def test_the_table_and_the_json_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert rollouts.main(["--runs", "1", "--json", "--processes", "1"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == json.loads(rollouts.REPORT.read_text(encoding="utf-8"))
    assert (document["seed"], document["runs"]) == (2026, 1)
    found = {row["name"]: row["rolled_back"] for row in document["rows"]}
    assert found["healthy"] == found["healthy, noisy latency"] == 0
    assert found["5 points more errors, from 25 % on"] == found["3 points more errors"] == found["latency +50 %"] == 1
    assert all(row["holds"] for row in document["rows"] if row["name"] != "p99 +50 %, same median")


def test_the_same_seed_is_the_same_rollout() -> None:
    plan, traffic = Plan(steps=(25, 100)), Traffic(canary_error_rate=0.03)
    assert simulate(plan, traffic, (1, 2)) == simulate(plan, traffic, (1, 2)) != simulate(plan, traffic, (1, 3))


def test_too_little_traffic_pauses_as_the_plan_says() -> None:
    ending = simulate(Plan(), Traffic(requests_per_second=10), (1,))
    assert (ending.state, ending.percent, ending.minutes) == ("paused", 1, 10)
    assert ending.reason.startswith("inconclusive: canary has ")


def test_the_study_has_the_formulas_of_the_controller() -> None:
    counts = [(20, 500, 300, 30_000), (3, 600, 2, 900), (0, 500, 7, 500)]
    for margin in (0.0, 0.01):
        events, size, others, other_size = (np.array([column], dtype=float) for column in zip(*counts, strict=True))
        found = study.spending_p_values(events, size, others, other_size, margin)[0]
        assert found == pytest.approx([score_test.p_value(*count, margin) for count in counts], rel=1e-6)
        evident = study.log_evidence(events, size, others, other_size, margin)[0]
        assert evident == pytest.approx([always_valid.log_evidence(*count, margin) for count in counts], rel=1e-9)


@pytest.mark.long
@pytest.mark.parametrize("scenario", study.FALSE, ids=lambda scenario: scenario.name)
def test_false_alarms_of_10_000_runs_over_all_looks_are_at_most_alpha(scenario: study.Scenario) -> None:
    found = study.first_alarms(scenario, 10_000, ALPHA, 2026)
    assert np.mean(found["both"] <= study.LOOKS) <= ALPHA
    assert np.mean(found["mixture"] <= study.LOOKS) <= ALPHA
