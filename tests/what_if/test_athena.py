"""Athena's text of the SQL: one result with DuckDB's on a sample, and what goes to AWS."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.what_if.lines import Entry, request, w3c, write
from infra.settings.stack import Stack
from tests.infra.configs import stack_of
from tests.what_if.athena_sample import PARQUET_COLUMNS, run_athena
from tests.what_if.test_agreement import KEY, NOON, OWN, RELEASE, SESSIONS, requests
from what_if.athena import Athena
from what_if.files import LocalFiles, LogError
from what_if.local import DuckDb
from what_if.rules import read_rules

TABLE = "logs.cloudfront"
VERSIONED = {"caching": "versioned", "versionCookie": "app-version"}
STACKS: Mapping[str, Mapping[str, Any]] = {
    "cookie-version": {"strategy": "cookie-version", "staticPaths": ["/static/*", "/img/?.png"]},
    "cookie-version, versioned": {"strategy": "cookie-version", "cookieVersion": {"caching": "versioned"}},
    "sticky-session": {"strategy": "sticky-session", "stickySession": SESSIONS},
    "sticky-session, versioned": {"strategy": "sticky-session", "stickySession": SESSIONS | VERSIONED},
}


class FakeAws:
    """Athena and Glue: a table's columns, and a query that runs for a while."""

    def __init__(self, columns: list[str], *states: str, rows: list[list[str | None]] | None = None) -> None:
        self._columns, self._states, self._rows = columns, list(states), rows or []
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    def get_table(self, **given: Any) -> Any:
        self.calls.append(("get_table", given))
        return {"Table": {"StorageDescriptor": {"Columns": [{"Name": name} for name in self._columns]}}}

    def start_query_execution(self, **given: Any) -> Any:
        self.calls.append(("start_query_execution", given))
        return {"QueryExecutionId": "q-1"}

    def get_query_execution(self, **_given: Any) -> Any:
        state = self._states.pop(0)
        status = {"State": state} | ({"StateChangeReason": "SYNTAX_ERROR: line 1"} if state == "FAILED" else {})
        return {"QueryExecution": {"Status": status, "Statistics": {"DataScannedInBytes": 2_048}}}

    def stop_query_execution(self, **given: Any) -> None:
        self.calls.append(("stop_query_execution", given))

    def get_paginator(self, _name: str) -> FakeAws:
        return self

    def paginate(self, **_given: Any) -> Any:
        data = [{"Data": [{"VarCharValue": cell} if cell is not None else {} for cell in row]} for row in self._rows]
        return [{"ResultSet": {"Rows": data[:1]}}, {"ResultSet": {"Rows": data[1:]}}]


def sample() -> list[Entry]:
    """Cookies of every kind, at several paths, in several countries and hours, with lines that lack something."""
    source = random.Random(11)
    entries = requests(source, "app-version")
    entries += [request(NOON, "/", f"sid={token}", f"s{i}") for i, token in enumerate(("a", "b%", "c d", "x" * 1_025))]
    paths = ("/", "/shop/cart", "/static/a.js", "/img/1.png", "/img/10.png", "/one", "*", "")
    return [
        {
            **entry,
            "cs-uri-stem": source.choice(paths),
            "time": source.choice(("00:00:01", "12:30:00", "23:59:59", "", "25:61")),
            "c-country": source.choice(("DE", "us", "", "-x")),
            "x-edge-result-type": source.choice(("Hit", "Miss", "Error")),
            "sc-bytes": source.choice(("10", "", "many")),
        }
        for entry in entries
    ]


def stack_like(name: str) -> Stack:
    return stack_of(release=RELEASE, **STACKS[name])


@pytest.mark.long
@pytest.mark.long_if(r"versioned|sticky")
@pytest.mark.parametrize("name", STACKS)
def test_both_engines_have_one_result(name: str, tmp_path: Path) -> None:
    rules = read_rules(stack_like(name), 25, (1, 5, 25, 50, 100))
    entries = sample()
    aws = FakeAws(PARQUET_COLUMNS)
    answered = run_athena(Athena(aws, aws, TABLE).query(rules), TABLE, entries)
    with DuckDb(rules) as database:
        database.read(LocalFiles(str(write(tmp_path / "a.gz", w3c(entries)))))
        expected = database.rows()

    def in_order(rows: list[dict[str, Any]]) -> list[str]:
        return sorted(map(str, rows))

    assert in_order(answered) == in_order(expected)
    assert len(expected) > 20


def test_the_query_runs_until_it_has_ended_and_its_text_is_read_as_numbers() -> None:
    waits: list[float] = []
    rows: list[list[str | None]] = [["kind", "reason"], ["63", None], ["31", "cookie"]]
    aws = FakeAws(["cs_cookie"], "QUEUED", "RUNNING", "SUCCEEDED", rows=rows)
    found = Athena(aws, aws, TABLE, "team", "s3://results/", waits.append).ask(
        read_rules(stack_like("sticky-session"), 5)
    )
    assert found.rows == [{"kind": "63", "reason": None}, {"kind": "31", "reason": "cookie"}]
    assert (found.scanned_bytes, waits) == (2_048, [1.0, 1.0])
    assert aws.calls[0] == ("get_table", {"DatabaseName": "logs", "Name": "cloudfront"})
    name, given = aws.calls[1]
    assert (name, given["WorkGroup"], given["ResultConfiguration"]) == (
        "start_query_execution",
        "team",
        {"OutputLocation": "s3://results/"},
    )


def test_no_key_is_part_of_a_query() -> None:
    aws = FakeAws(PARQUET_COLUMNS)
    stack = stack_of(strategy="cookie-version", release=RELEASE, cookieVersion={"signingKeys": [KEY]})
    query = Athena(aws, aws, TABLE).query(read_rules(stack, 25))
    assert OWN in query
    assert KEY not in query
    assert "unhex" not in query


@pytest.mark.parametrize(
    ("table", "columns", "states", "text"),
    [
        ("cloudfront", [], (), "'cloudfront' is not a table: with --engine athena, --log is its name, DATABASE.TABLE"),
        (
            *(TABLE, ["id", "amount"], ()),
            "the table logs.cloudfront is none of access logs: it has no column cs_cookie, nor the others",
        ),
        (TABLE, PARQUET_COLUMNS, ("FAILED",), "Athena's query q-1 ended as FAILED: SYNTAX_ERROR: line 1"),
        (TABLE, PARQUET_COLUMNS, ("CANCELLED",), "Athena's query q-1 ended as CANCELLED: no reason given"),
        (TABLE, PARQUET_COLUMNS, ("SUCCEEDED",), "Athena's query q-1 has no result"),
    ],
)
def test_what_fails_is_named(table: str, columns: list[str], states: tuple[str, ...], text: str) -> None:
    aws = FakeAws(columns, *states)
    with pytest.raises(LogError) as failed:
        Athena(aws, aws, table).ask(read_rules(stack_like("cookie-version"), 25))
    assert str(failed.value) == text


def test_an_interrupted_query_is_stopped() -> None:
    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    aws = FakeAws(PARQUET_COLUMNS, "RUNNING")
    with pytest.raises(KeyboardInterrupt):
        Athena(aws, aws, TABLE, sleep=interrupt).ask(read_rules(stack_like("cookie-version"), 25))
    assert aws.calls[-1] == ("stop_query_execution", {"QueryExecutionId": "q-1"})
