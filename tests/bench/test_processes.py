"""Measured processes: the package as it ships decides in them, over TLS, whatever its share of a core."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from bench.cold import SMALLEST, ColdStarts
from bench.interpreter import Python
from bench.network.distance import at_distance
from bench.network.tables import serve_tables
from bench.processes import BLOCKS, Machine
from bench.subjects import ABROAD, ARTICLE, STICKY, Baseline, Run, Subject
from simulator.certificates import Authority
from simulator.cpu_share import start_limiter
from tests.ports import refusing_url

HALF = replace(SMALLEST, share=0.5, at_once=1)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Generator[Machine]:
    directory = tmp_path_factory.mktemp("bench")
    authority = Authority.create(directory)
    python = Python(sys.executable, Path(boto3.__file__).parents[1], "this one")
    with serve_tables(authority.server_context) as port:
        yield Machine(directory, port, authority, python)


@pytest.mark.long
def test_the_first_decision_finds_the_session_over_tls(machine: Machine) -> None:
    with machine.start(STICKY, is_logged=True) as worker:
        worker.pause()
        assert worker.decide(1)["wall_ms"] > 0
        lines = [json.loads(line) for line in worker.log().splitlines()]
    assert [line["reason"] for line in lines if "origin" in line] == ["session"]


@pytest.mark.long
def test_what_takes_turns_is_measured_and_what_decides_once_is_not(machine: Machine) -> None:
    taken = machine.measure([Run(STICKY), Run(ARTICLE, BLOCKS)])
    assert set(taken[STICKY.name, 0]) == {"init_ms", "first_ms", "start_ms"}
    assert set(taken[ARTICLE.name, BLOCKS]) == {"init_ms", "first_ms", "start_ms", "cpu_us", "peak_kb"}
    for measured in taken.values():
        assert measured["start_ms"] == measured["init_ms"] + measured["first_ms"]
        assert min(measured.values()) > 0


def test_a_handler_that_does_not_start_is_named(machine: Machine) -> None:
    missing = Subject("nobody", Baseline("nobody"), {})
    with pytest.raises(RuntimeError, match=r"nobody did not start: Traceback[^$]*No module named 'baselines\.nobody'"):
        machine.measure([Run(missing)])


@pytest.mark.long
def test_cold_instances_say_why_they_fell_back(machine: Machine) -> None:
    with contextlib.closing(start_limiter()) as limiter, refusing_url() as url:
        [found] = ColdStarts(machine, limiter, machine.port).start(ABROAD, HALF, 1)
        [lost] = ColdStarts(machine, limiter, int(url.rpartition(":")[2])).start(ABROAD, HALF, 1)
    assert (found.failure, lost.failure) == ("", "table-refused")


@pytest.mark.long
def test_a_cold_instance_under_a_quota_takes_longer(machine: Machine) -> None:
    """A start takes tens of milliseconds of CPU, so that a twentieth of a core makes seconds of them."""
    little = replace(SMALLEST, share=0.05, at_once=1)
    with contextlib.closing(start_limiter()) as limiter, at_distance(machine.port, 1) as port:
        [slow] = ColdStarts(machine, limiter, port).start(ABROAD, little, 1)
    used_ms = 20
    assert slow.init_ms > used_ms / little.share
