"""The report is JUnit's XML as Jenkins' schema has it (junit-10.xsd of its xunit plugin, as pytest ships it)."""

from __future__ import annotations

from pathlib import Path

import junitparser
import xmlschema

from acceptance.report import as_junit
from acceptance.run.result import Failure, FileResult, Result
from tests.acceptance.fakes import read

FILE = "name: a <file>\ntests: [{name: one, steps: [{request: /}]}]\n"


def results() -> list[Result]:
    failed = Failure("f:3: tests[0]", "version", "canary", "stable\x07", "GET /", ('{"a": 1}',))
    return [
        Result("passed & well", 2, 0.25, judged=1, seen=["canary 2"], not_judged={"reason": "no log"}, edge=["502 /"]),
        Result("failed", 3, 1, failures=[failed, failed]),
        Result("broken", 4, 0, failures=[Failure("f:4: tests[1]", "set-up", "", "no such origin")]),
        Result("skipped", 5, reason="only: address"),
        Result("not judged", 6, not_judged={"reason": "no log"}),
    ]


def test_every_outcome_is_as_the_schema_says(tmp_path: Path) -> None:
    text = as_junit([FileResult(read(tmp_path, FILE), "http://127.0.0.1:1", results())])
    xmlschema.XMLSchema(str(Path(__file__).with_name("junit-10.xsd"))).validate(text)


def test_a_reader_of_it_finds_every_outcome(tmp_path: Path) -> None:
    text = as_junit([FileResult(read(tmp_path, FILE), "http://127.0.0.1:1", results())])
    report = junitparser.JUnitXml.fromstring(text)
    [suite] = report
    assert (report.tests, report.failures, report.errors, suite.name) == (5, 1, 1, "a <file>")
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (5, 2, 1, 2)
    found = {case.name: [(type(one).__name__, one.message) for one in case.result] for case in suite}
    failed = ("Failure", "version: expected canary, found stable� (GET /)")
    assert found == {
        "passed & well": [],
        "failed": [failed, failed],
        "broken": [("Error", "set-up: no such origin")],
        "skipped": [("Skipped", "only: address")],
        "not judged": [("Skipped", "reason not judged: no log")],
    }
    assert [case.system_out for case in suite if case.name == "passed & well"] == [
        "canary 2\nedge: 502 /\nnot judged: reason: no log"
    ]
