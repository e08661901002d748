"""Results as JUnit's XML, in the form that Jenkins' and other readers of it take."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, cast

import junitparser

from acceptance.run.result import Failure, FileResult, Result

_CONTROL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has no place for."""


def as_junit(files: Sequence[FileResult]) -> str:
    """Return the report: a test suite for each file, a test case for each test."""
    report = junitparser.JUnitXml("edge-router test")
    for file in files:
        suite = junitparser.TestSuite(_clean(file.file.name))
        suite.add_property("url", _clean(file.url))
        suite.add_property("file", _clean(file.file.path))
        suite.add_testcases([_case(file, result) for result in file.results])
        report.add_testsuite(suite)
    # Not by update_statistics, which also writes an attribute that the schema does not have here.
    results = [result for file in files for result in file.results]
    report.tests, report.time = len(results), round(sum(result.seconds for result in results), 3)
    report.failures = sum(_has(result, is_error=False) for result in results)
    report.errors = sum(_has(result, is_error=True) for result in results)
    content: bytes = cast("Any", report).tostring()
    return content.decode()


def _case(file: FileResult, result: Result) -> junitparser.TestCase:
    case = junitparser.TestCase(_clean(result.name), _clean(file.file.name), round(result.seconds, 3))
    case.result = list(_outcome(result))
    edge = (f"edge: {line}" for line in result.edge)
    lines = [*result.seen, *edge, *(f"not judged: {name}: {why}" for name, why in result.not_judged.items())]
    if lines:
        case.system_out = _clean("\n".join(lines))
    return case


def _outcome(result: Result) -> Iterator[junitparser.Failure | junitparser.Error | junitparser.Skipped]:
    for failure in result.failures:
        kind = junitparser.Failure if failure.expected else junitparser.Error
        found = kind(_clean(failure.text), _clean(failure.expectation))
        found.text = _clean(_details(failure))
        yield found
    if result.outcome in ("skipped", "not-judged"):
        why = result.reason or "; ".join(f"{name} not judged: {text}" for name, text in result.not_judged.items())
        yield junitparser.Skipped(_clean(why), result.outcome)


def _has(result: Result, *, is_error: bool) -> bool:
    """A test ends with its first error, or with the expectations that one response did not meet."""
    return any((not failure.expected) is is_error for failure in result.failures)


def _details(failure: Failure) -> str:
    lines = (failure.place, failure.text, *failure.log)
    return "\n".join(lines)


def _clean(text: str) -> str:
    return _CONTROL.sub("�", text)
