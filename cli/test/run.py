"""Run test files: read them, start what they run against, and report."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from acceptance.format.read import TestFile, TestFileError, read_test_file
from acceptance.report import as_junit
from acceptance.run.place import Address, Place
from acceptance.run.result import FileResult, Result
from acceptance.run.runner import Runner
from cli.output.console import print_json
from cli.output.errors import EXIT_FAILED, UsageError
from cli.output.outcome import Problem
from cli.output.progress import working
from cli.output.streams import check_writable, write_report
from cli.stacks.workspace import Workspace
from cli.test.report import as_json, print_file, print_result, print_summary, print_tests
from cli.test.settings import settings_errors
from cli.up.command import require_packages
from cli.validate.run import expectations

LOCAL, ADDRESS = "local", "address"


@dataclass(frozen=True)
class Options:
    """The options of the command; `stack` is None for the file's own, `url` for a local edge."""

    workspace: Workspace
    stack: str | None = None
    settings: tuple[str, ...] = ()
    url: str | None = None
    origins: tuple[str, ...] = ()
    ca_file: str | None = None
    names: tuple[str, ...] = ()
    is_list: bool = False
    ends_at_failure: bool = False
    is_strict: bool = False
    junit: Path | None = None
    is_json: bool = False

    @property
    def where(self) -> str:
        """`local` or `address`."""
        return LOCAL if self.url is None else ADDRESS

    def stack_name(self, file: TestFile) -> str:
        """Return the stack that a file is for."""
        return self.stack or file.suite.stack

    def select_tests(self, file: TestFile) -> list[int]:
        """Return the tests that --filter chooses; all without one."""
        wanted = [name.casefold() for name in self.names]
        return [
            index
            for index, case in enumerate(file.suite.tests)
            if not wanted or any(name in case.name.casefold() for name in wanted)
        ]


def run(options: Options, names: Sequence[str]) -> None:
    """Run the tests of files, or list them. SystemExit(1) if one fails; UsageError before anything is started."""
    check_writable("--junit", options.junit)
    _check(options)
    files = _read(names)
    if options.is_list:
        print_tests(files, options.select_tests, is_json=options.is_json)
        return
    problems = [file.redact(problem) for file in files for problem in _problems(options, file)]
    if problems:
        raise UsageError("\n  ".join(dict.fromkeys(problems)))
    if not any(options.select_tests(file) for file in files):
        raise UsageError(f"--filter {options.names[0]}: no test has this in its name; --list shows all of them")
    if not any(
        file.suite.tests[index].only in (None, options.where) for file in files for index in options.select_tests(file)
    ):
        other, here = (ADDRESS, "here") if options.where == LOCAL else (LOCAL, "at an address")
        raise UsageError(f"nothing to run {here}: every chosen test is `only: {other}`")
    results = _run(options, files)
    if options.junit is not None:
        write_report("--junit", options.junit, as_junit(results))
    failures = [failure for file in results for result in file.results for failure in result.failures]
    if options.is_json:
        print_json(as_json(results), [Problem(None, f"{one.place}: {one.text}") for one in failures])
    else:
        print_summary(results)
    if failures:
        raise SystemExit(EXIT_FAILED)


def _check(options: Options) -> None:
    if options.url is None:
        return
    url = urlsplit(options.url)
    if url.scheme not in ("http", "https") or not url.hostname or url.path.strip("/") or url.query or url.fragment:
        raise UsageError(f"--url {options.url}: write the address without a path, such as https://www.example.com")
    for option, given in (("--origin", options.origins), ("--set", options.settings if not options.stack else ())):
        if given:
            raise UsageError(f"{option} {given[0]}: is for the local edge; --url names an address")


def _read(names: Sequence[str]) -> list[TestFile]:
    files: list[TestFile] = []
    errors: list[str] = []
    for name in names:
        try:
            files.append(read_test_file(Path(name)))
        except TestFileError as error:
            errors += error.errors
    if errors:
        raise UsageError("\n  ".join(errors))
    return files


def _problems(options: Options, file: TestFile) -> Iterator[str]:
    """Yield what stands in the way of a file's tests, before anything is started."""
    for index in options.select_tests(file):
        if file.suite.tests[index].only in (None, options.where):
            yield from _set_ups(file, index) if options.url is not None else _local_problems(options, file, index)


def _set_ups(file: TestFile, index: int) -> Iterator[str]:
    """Yield what a test sets up, which no address allows."""
    case = file.suite.tests[index]
    hint = "the local edge only; run it without --url, or mark the test `only: local`"
    if file.suite.set:
        yield f"{file.path}:{file.line('set')}: set is for {hint}"
    if case.set:
        yield f"{file.place('tests', index, 'set')} is for {hint}"
    for number, step in enumerate(case.steps):
        place = ("tests", index, "steps", number)
        if step.set_up:
            yield f"{file.place(*place, step.set_up)} is for {hint}"
        if step.request is not None and step.request.region:
            yield f"{file.place(*place, 'request', 'region')} is for {hint}"


def _local_problems(options: Options, file: TestFile, index: int) -> Iterator[str]:
    """Yield the Regions of a test's requests that the local edge does not have, and mistakes in its settings."""
    with require_packages():
        from simulator.cloudfront import EDGE_REGIONS

    for number, step in enumerate(file.suite.tests[index].steps):
        if step.request is not None and step.request.region and step.request.region not in EDGE_REGIONS:
            place = file.place("tests", index, "steps", number, "request", "region")
            yield f"{place} is {step.request.region!r}: origin triggers run in {', '.join(EDGE_REGIONS)}"
    yield from settings_errors(file, index, options.workspace, options.stack_name(file), options.settings)


def _run(options: Options, files: Sequence[TestFile]) -> list[FileResult]:
    return asyncio.run(_run_at_address(options, files) if options.url is not None else _run_locally(options, files))


def _no_cookies() -> CookieJar:
    """Return a jar that keeps nothing: each visitor has one, and a client's would be that of all of them."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=()))


async def _run_at_address(options: Options, files: Sequence[TestFile]) -> list[FileResult]:
    results: list[FileResult] = []
    async with httpx.AsyncClient(verify=_trust(options.ca_file), cookies=_no_cookies()) as client:
        for file in files:
            named = options.stack or (file.suite.stack if "stack" in file.suite.model_fields_set else None)
            stack = options.workspace.open_stack(named, options.settings) if named else None
            place = Address(
                options.url or "",
                expectations(stack).get("percent") if stack else None,
                stack.settings.strategy_options("jwt-iat") if stack else None,
            )
            results.append(await run_file(options, file, place, client))
            if _is_over(options, results):
                break
    return results


async def _run_locally(options: Options, files: Sequence[TestFile]) -> list[FileResult]:
    with require_packages():
        from cli.test.local_edge import open_edge

    results: list[FileResult] = []
    for stack in dict.fromkeys(options.stack_name(file) for file in files):
        async with AsyncExitStack() as ending:
            with working(f"starting the local edge of {stack}"):
                edge = await ending.enter_async_context(
                    open_edge(options.workspace, stack, options.settings, options.origins)
                )
            client = await ending.enter_async_context(httpx.AsyncClient(trust_env=False, cookies=_no_cookies()))
            for file in (file for file in files if options.stack_name(file) == stack):
                results.append(await run_file(options, file, edge, client))
                if _is_over(options, results):
                    return results
    return results


async def run_file(options: Options, file: TestFile, place: Place, client: httpx.AsyncClient) -> FileResult:
    """Run the chosen tests of a file, and print each where no document is wanted."""
    found = FileResult(file, place.url)
    runner = Runner(file, place, client, options.where, options.is_strict)
    if not options.is_json:
        print_file(file, place.url)
    for index in options.select_tests(file):
        result = await runner.run(index)
        found.results.append(result)
        if not options.is_json:
            print_result(result)
        if options.ends_at_failure and result.failures:
            break
    return found


def _is_over(options: Options, results: Sequence[FileResult]) -> bool:
    last: Sequence[Result] = results[-1].results
    return options.ends_at_failure and any(result.failures for result in last)


def _trust(ca_file: str | None) -> ssl.SSLContext:
    context = httpx.create_ssl_context()
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise UsageError(f"--ca-file {ca_file}: no certificates can be read from it") from error
    return context
