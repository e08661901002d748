"""Requests that are under way: their lines count when they are over, all others at once."""

from __future__ import annotations

import json

import pytest

from simulator.cloudwatch import LinesUnderWay


def line(request_id: object, **members: object) -> str:
    return json.dumps({"requestId": request_id, "_aws": {}, **members})


@pytest.fixture
def collected() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def lines(collected: list[tuple[str, str]]) -> LinesUnderWay:
    return LinesUnderWay(lambda region, text: collected.append((region, text)))


def test_request_and_answer_count_together_when_the_request_is_over(
    lines: LinesUnderWay, collected: list[tuple[str, str]]
) -> None:
    request, answer = line("a", Requests=1), line("a", Errors=0)
    lines.begin("a")
    lines.take("eu-west-1", request)
    lines.take("eu-west-1", answer)
    assert collected == []
    lines.end("a")
    assert collected == [("eu-west-1", request), ("eu-west-1", answer)]


def test_a_request_that_ends_without_an_answer_counts_without_one(
    lines: LinesUnderWay, collected: list[tuple[str, str]]
) -> None:
    lines.begin("a")
    lines.begin("b")
    lines.take("eu-west-1", line("a", Requests=1))
    lines.end("b")
    lines.end("a")
    lines.end("a")
    assert len(collected) == 1


@pytest.mark.parametrize("text", [line("b"), line(7), '{"requestId":"a"}', '["_aws"]', '{"_aws"', "START a"])
def test_any_other_line_counts_at_once(lines: LinesUnderWay, collected: list[tuple[str, str]], text: str) -> None:
    lines.begin("a")
    lines.take("us-east-1", text)
    assert collected == [("us-east-1", text)]
