"""The last decisions are kept in time order, and not more of them than there is room for."""

from __future__ import annotations

from itertools import count

from simulator.cloudwatch.lines import RecentLines


def test_the_last_lines_with_a_reason_are_kept() -> None:
    seconds = count(1)
    lines = RecentLines(max_lines=3, clock=lambda: next(seconds))
    for text in ("START", '{"reason":"a"}', '{"status":200}', '{"reason":"b"}', 'id {"reason":"c"}', '{"reason":"d"}'):
        lines.take("eu-west-1", text)
    assert lines.between(0, 10_000) == [
        {"eventId": "local-1", "timestamp": 2_000, "message": '{"reason":"b"}', "region": "eu-west-1"},
        {"eventId": "local-2", "timestamp": 3_000, "message": 'id {"reason":"c"}', "region": "eu-west-1"},
        {"eventId": "local-3", "timestamp": 4_000, "message": '{"reason":"d"}', "region": "eu-west-1"},
    ]
    assert [event["timestamp"] for event in lines.between(2_001, 3_999)] == [3_000]
