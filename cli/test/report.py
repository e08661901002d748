"""The results of tests for people, one line each, and as a JSON document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from acceptance.format.read import TestFile
from acceptance.run.result import FileResult, Result, count_outcomes
from cli.output.console import escape_control, out, print_json

MARKS = {
    "passed": ("green", "✓"),
    "failed": ("bold red", "✗"),
    "not-judged": ("yellow", "?"),
    "skipped": ("dim", "-"),
}
WORDS = {"passed": "passed", "failed": "failed", "not-judged": "not judged", "skipped": "skipped"}


def print_file(file: TestFile, url: str) -> None:
    """Print the file whose tests follow, and where they run."""
    out.print_after("bold", escape_control(file.name), f"at {url}")


def print_result(result: Result) -> None:
    """Print a test in one line, and below it what failed and what was not judged."""
    style, mark = MARKS[result.outcome]
    seen = "; ".join(result.seen)
    details = ", ".join(filter(None, (result.reason, seen if result.outcome == "passed" else "")))
    seconds = f" ({result.seconds:.1f} s)" if not result.reason else ""
    text = f"{result.name}{f': {details}' if details else ''}{seconds}"
    out.print_after(style, f"  {mark}", escape_control(text))
    for failure in result.failures:
        for line in (failure.place, f"  {failure.text}", *(f"  {line}" for line in failure.log)):
            out.print(f"      {escape_control(line)}", markup=False)
    for line in result.edge if result.failures else ():
        out.print(f"      {escape_control(f'edge: {line}')}", markup=False)
    for name, why in result.not_judged.items():
        out.print(f"      {escape_control(f'not judged: {name}: {why}')}", markup=False)


def print_summary(files: Sequence[FileResult]) -> None:
    """Print how many tests passed, failed, were not judged or skipped; and what was not judged."""
    results = [result for file in files for result in file.results]
    counts = count_outcomes(results)
    names = ", ".join(dict.fromkeys(name for result in results for name in result.not_judged))
    text = ", ".join(f"{count} {WORDS[outcome]}" for outcome, count in counts.items() if count or outcome == "passed")
    seconds = f"{sum(result.seconds for result in results):.1f} s"
    judged = f"; expectations not judged: {names}" if names else ""
    out.print_after("bold red" if counts["failed"] else "bold green", text, f"({seconds}){judged}")


def print_tests(files: Sequence[TestFile], select_tests: Callable[[TestFile], Iterable[int]], *, is_json: bool) -> None:
    """Print the names of the tests that would run, one a line, with file and line."""
    found = [(file, index) for file in files for index in select_tests(file)]
    if is_json:
        print_json({"tests": [_list_test(file, index) for file, index in found]})
        return
    for file, index in found:
        case = file.suite.tests[index]
        only = f" (only: {case.only})" if case.only else ""
        out.print(
            escape_control(f"{file.path}:{file.line('tests', index)}: {file.redact(case.name)}{only}"), markup=False
        )


def as_json(files: Sequence[FileResult]) -> dict[str, Any]:
    """Return the document of a run."""
    counts = count_outcomes([result for file in files for result in file.results])
    return {
        "passed": counts["passed"],
        "failed": counts["failed"],
        "notJudged": counts["not-judged"],
        "skipped": counts["skipped"],
        "files": [file.as_json() for file in files],
    }


def _list_test(file: TestFile, index: int) -> dict[str, Any]:
    case = file.suite.tests[index]
    return {"file": file.path, "line": file.line("tests", index), "name": file.redact(case.name), "only": case.only}
