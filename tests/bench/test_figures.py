"""The table of figures, what is printed of them, and the tables that are read while they are measured."""

from __future__ import annotations

import http.client
import io
import json
import ssl
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench.cold import MEMORIES, SUBJECTS
from bench.comparison import Verdict
from bench.figures import FIGURES
from bench.finding import Finding, print_findings
from bench.network.tables import CONTROL, SESSIONS, TENANTS, serve_tables
from bench.subjects import Subject
from simulator.certificates import Authority

WIDTH = 80
FULL_CORE_MB = 1_769
"""Memory with which a function has one whole core ("Configure Lambda function memory")."""


@pytest.fixture
def tables(tmp_path: Path) -> Generator[http.client.HTTPSConnection]:
    authority = Authority.create(tmp_path)
    context = ssl.create_default_context(cadata=authority.roots.decode())
    with serve_tables(authority.server_context) as port:
        connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=5)
        yield connection
        connection.close()


def ask(tables: http.client.HTTPSConnection, operation: str, body: Mapping[str, Any]) -> Any:
    tables.request("POST", "/", json.dumps(body), {"X-Amz-Target": f"DynamoDB_20120810.{operation}"})
    return json.loads(tables.getresponse().read())


def test_a_name_means_one_figure_and_one_subject() -> None:
    assert len({figure.name for figure in FIGURES}) == len(FIGURES)
    named: dict[str, Subject] = {}
    for figure in FIGURES:
        for run in (figure.own, figure.baseline):
            assert named.setdefault(run.subject.name, run.subject) == run.subject


def test_a_figure_takes_two_lines_of_a_terminal() -> None:
    findings = [
        Finding(name, 1234.5, 1000, 1999, "ms", 10_000, Verdict.HOLDS, 1_000, "a baseline of some length", "a group")
        for name in (
            *(figure.name for figure in FIGURES),
            *(f"first request, {MEMORIES[-1].text}, {strategy}" for strategy in SUBJECTS),
        )
    ]
    console = Console(width=WIDTH, record=True, file=io.StringIO(), color_system=None)
    print_findings(console, findings)
    lines = console.export_text().partition("a group\n")[2].splitlines()
    assert len(lines) == 2 * len(findings)
    assert [line for line in lines[::2] if not line.endswith("≤ 10,000")] == []


def test_a_broken_figure_is_marked_and_one_without_a_bound_is_not() -> None:
    console = Console(width=WIDTH, record=True, file=io.StringIO(), color_system=None)
    broken = Finding("a figure", 2, 1.9, 2.1, "×", 1, Verdict.BROKEN, 15, "4 / 2 ms, another", "a group")
    free = Finding("a figure", 2, 2, 2, "KB", None, Verdict.UNBOUNDED, 1, "", "a group")
    print_findings(console, [broken, free])
    assert console.export_text().partition("a group\n")[2].splitlines() == [
        "✗ a figure                                       2 ×  1.9 to 2.1        ≤ 1",
        "    4 / 2 ms, another; 15 rounds",
        "  a figure                                      2 KB",
    ]


def test_shares_of_a_core_are_those_of_lambdas_memory() -> None:
    assert [round(min(1.0, memory.mb / FULL_CORE_MB), 2) for memory in MEMORIES] == [one.share for one in MEMORIES]


def test_every_key_has_an_item(tables: http.client.HTTPSConnection) -> None:
    """More than one request goes over one connection, and each answer is this request's."""
    for number in (0, 9_999):
        key = {"token": {"S": f"token-{number}"}}
        item = ask(tables, "GetItem", {"TableName": SESSIONS, "Key": key})["Item"]
        assert item == {**key, "version": {"S": "2"}, "expiration": {"N": "9999999999"}}
    key = {"tenantId": {"S": "tenant-7"}, "accountId": {"S": "1001"}}
    names = {"#a0": "defaultBackend"}
    body = {"TableName": TENANTS, "Key": key, "ProjectionExpression": "#a0", "ExpressionAttributeNames": names}
    assert ask(tables, "GetItem", body) == {"Item": {"defaultBackend": {"S": "acme.tenants.example.com"}}}


@pytest.mark.long
def test_the_control_table_has_a_configuration_and_a_rollout(tables: http.client.HTTPSConnection) -> None:
    items = ask(tables, "Query", {"TableName": CONTROL})["Items"]
    assert [item["item"] for item in items] == [{"S": "config"}, {"S": "rollout"}]
