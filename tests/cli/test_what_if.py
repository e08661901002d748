"""`edge-router what-if`: what it says of a log, what it says of what it could not read, and what it never prints."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

import what_if.files
from bench.what_if.lines import Entry, json_lines, request, w3c, write
from cli.stacks.workspace import Workspace
from router.model.assignment import Assignment
from strategies.signing import sign
from tests.cli.conftest import Result
from tests.moto_server import moto_server, use_aws_at
from tests.what_if.athena_sample import PARQUET_COLUMNS, run_athena
from tests.what_if.parquet import write_parquet
from what_if.athena import Athena
from what_if.files import STANDARD_FIELDS, LocalFiles
from what_if.rules import read_rules

Run = Callable[..., Result]
MIDNIGHT = 1_793_491_200
HOUR = 3_600
KEY = "local-demo-signing-key-of-no-value"
STACK = ("--set", "strategy=cookie-version", "--set", "release=next", "--set", "canaryPercent=0")
ASK = ("what-if", "--percent", "25", *STACK, "--offline")
BUCKETS = {f"v{index}": Assignment("next", 0).assign(f"v{index}")[1] for index in range(400)}
MOVING = sum(bucket < 2_500 for bucket in BUCKETS.values())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for nothing but logs."""
    path = tmp_path / "logs"
    path.mkdir()
    return path


def cookie_of(visitor: str) -> str:
    """A version cookie of an earlier release."""
    return "app-version=" + sign((KEY,), f"stable.0badc0de.{visitor}")


def visits(count: int = 400, *, days: int = 2) -> list[Entry]:
    """A request of each visitor, with a cookie of an earlier release, over some days."""
    return [
        request(
            MIDNIGHT + index * days * 24 * HOUR // count,
            ("/shop/cart", "/", "/api/items/7")[index % 3],
            cookie_of(f"v{index}"),
            f"secret-id-{index}",
            country="DE" if index % 2 else "US",
        )
        for index in range(count)
    ]


@pytest.mark.long
def test_it_says_who_would_move_by_path_and_country(run: Run, folder: Path) -> None:
    write(folder / "a.gz", w3c(visits()))
    result = run(*ASK, "--log", str(folder), "--json")
    found = result.document
    assert result.exit_code == 0
    assert found["percent"] == {"before": 0, "after": 25}
    assert found["log"] | {"hours": 0} == {
        "engine": "duckdb",
        "lines": 400,
        "requests": 400,
        "problems": {},
        "withoutTime": 0,
        "files": 1,
        "unreadable": [],
        "firstMinute": "2026-11-01 00:00",
        "lastMinute": "2026-11-02 23:52",
        "hours": 0,
        "scannedBytes": 0,
    }
    moved = {"movedExact": MOVING, "movedExpected": 0, "movedIfNew": 0, "movedVisitors": MOVING}
    assert found["total"] == {
        "requests": 400,
        "visitors": 400,
        **moved,
        "judged": 400,
        "canary": MOVING,
        "notJudged": 0,
    }
    assert found["reasons"] == [
        {"reason": "other-release", "known": "exact", "requests": 400, "visitors": 400, **moved}
    ]
    paths = [(one["path"], one["requests"]) for one in found["paths"]]
    assert paths == [("/shop/*", 134), ("/", 133), ("/api/*", 133)]
    assert [(one["country"], one["requests"]) for one in found["countries"]] == [("DE", 200), ("US", 200)]
    assert sum(one["movedExact"] for one in found["countries"]) == MOVING


def test_redirects_of_cloudfront_itself_never_came_to_the_router(run: Run, folder: Path) -> None:
    redirect = {"x-edge-result-type": "Redirect", "sc-status": "301"}
    alone = write(folder / "a.log", w3c(visits(100)))
    write(folder / "b.log", w3c([{**one, **redirect} for one in visits(100)]))
    without, found = (run(*ASK, "--log", str(path), "--json").document for path in (alone, folder))
    reasons = {one["reason"]: (one["requests"], one["visitors"]) for one in found["reasons"]}
    assert reasons == {"other-release": (100, 100), "redirect": (100, 0)}
    assert (found["total"]["judged"], found["total"]["notJudged"]) == (100, 100)
    at_router = [
        next(one["reached"] for one in each["quotas"] if one["name"] == "Lambda@Edge: requests a second")
        for each in (without, found)
    ]
    assert at_router[0] == at_router[1] > 0


@pytest.mark.long
def test_all_formats_say_the_same(run: Run, folder: Path) -> None:
    entries = visits(40)
    written = [
        write(folder / "a.gz", w3c(entries)),
        write(folder / "b.json.gz", json_lines(entries)),
        write(folder / "c.log", w3c(entries, delimiter=",")),
        write_parquet(folder / "d.parquet", entries),
    ]
    alone = [run(*ASK, "--log", str(path), "--json").document for path in written]
    assert alone[1:] == alone[:-1]
    together = run(*ASK, "--log", str(folder / "*.*"), "--json").document
    assert (together["log"]["files"], together["total"]["requests"], together["total"]["visitors"]) == (4, 160, 40)


@pytest.mark.long
def test_a_file_is_read_once_whatever_its_name(run: Run, folder: Path) -> None:
    """To DuckDB `a[1].log` is a pattern, which is `a1.log`."""
    for count, name in enumerate(("a1.log", "a[1].log", "a?.log", "a*.log", "it's.log"), 1):
        write(folder / name, w3c(visits(count)))
    write_parquet(folder / "b[1].parquet", visits(6))
    found = run(*ASK, "--log", str(folder), "--json").document
    assert (found["log"]["files"], found["log"]["unreadable"], found["total"]["requests"]) == (6, [], 21)


def test_a_line_that_makes_no_sense_does_not_take_its_file_with_it(run: Run, folder: Path) -> None:
    times = ("9e300", "-1e17", "inf", f"{MIDNIGHT}000")
    lines = ["#Fields: timestamp(ms) cs-uri-stem cs(Cookie)", *(f"{time}\t/caf\u00c0\t-" for time in times)]
    for name, encoding in (("a.log", "utf-8"), ("b.log", "latin-1")):
        (folder / name).write_bytes("\n".join(lines).encode(encoding))
    log = run(*ASK, "--log", str(folder), "--json").document["log"]
    assert (log["requests"], log["withoutTime"], log["unreadable"]) == (8, 6, [])


def test_what_a_person_reads(run: Run, folder: Path) -> None:
    path = write(folder / "a.gz", w3c(visits()))
    result = run(
        *ASK, "--log", str(path), "--plan", "--set", "rollout.interval=10m", "--set", "rollout.minimumRequests=10"
    )
    lines = result.out.splitlines()
    assert lines[:4] == [
        "local, cookie-version, release next: 0 % of new visitors become 25 %",
        "400 lines in 1 file, 400 requests, 2026-11-01 00:00 to 2026-11-02 23:52 UTC (2.0 days)",
        f"Would move to canary: {MOVING} requests ({MOVING / 4:.1f} %), of these {MOVING} exactly, of {MOVING}"
        " visitors, and 0 as expected",
        f"On canary then: {MOVING} of 400 judged requests ({MOVING / 4:.1f} %); not judged: 0",
    ]
    assert (
        f"other-release\t400\t400\t{MOVING}\t{MOVING}\texact\tassigned anew, by the visitor id in the cookie" in lines
    )
    [course] = [line for line in lines if line.startswith("The plan")]
    assert course.endswith("The rollout pauses there (onInconclusive: pause)")
    assert "Lambda@Edge: requests a second\t10,000\t0.0\t0.0 %" in lines
    assert any(line.startswith("A month at this traffic: ") for line in lines)


@pytest.mark.long
def test_a_step_begins_once_the_key_value_store_has_its_percentage(run: Run, folder: Path) -> None:
    path = write(folder / "a.log", w3c(visits(2_880)))
    ask = (*ASK, "--log", str(path), "--plan", "--set", "rollout.interval=10m", "--set", "rollout.minimumRequests=10")
    for caching, seconds in (("none", 720), ("versioned", 780)):
        last = run(*ask, "--set", f"cookieVersion.caching={caching}", "--json").document["plan"]["steps"][-1]
        assert (last["percent"], last["longestSeconds"]) == (100, seconds)


@pytest.mark.long
def test_nothing_of_a_visitor_is_printed(run: Run, folder: Path) -> None:
    entries = [*visits(), request(MIDNIGHT, "/alice@example.com/", "app-version=secret-cookie", "secret-id-x")]
    path = write(folder / "a.log", [*w3c(entries), "secret-text of a line", "#secret-comment"])
    for options in ((), ("--json",)):
        result = run(*ASK, "--log", str(path), *options)
        assert result.exit_code == 0
        printed = result.out + result.err
        assert [word for word in ("secret", "alice", "v17", "203.0.113") if word in printed] == []


@pytest.mark.long
def test_lines_that_are_no_requests_are_counted(run: Run, folder: Path) -> None:
    lines = list(w3c(visits(10)))
    broken = [
        lines[2].rpartition("\t")[0],
        "",
        "  ",
        "x",
        '{"date": "2026-11-01"}',
        lines[2].replace("2026-11-01", "-"),
        "\udcff",
    ]
    (folder / "a.log").write_bytes("\r\n".join([*lines, *broken]).encode("utf-8", "surrogateescape"))
    notes = ['{"date": "2026-11-01", "cs(Cookie)": "' + cookie_of("v1") + '"}', "{", "[]", "null", "{}", ""]
    write(folder / "b.json", notes)
    found = run(*ASK, "--log", str(folder), "--json").document
    assert found["log"]["problems"] == {"malformed-line": 4 + 4}
    assert (found["log"]["lines"], found["total"]["requests"], found["log"]["withoutTime"]) == (20, 12, 2)
    assert "8 lines are not requests (malformed-line)" in found["notes"]
    assert "2 requests have no valid time: they are judged, but are in no hour" in found["notes"]


@pytest.mark.long
def test_files_that_cannot_be_read_are_named(run: Run, folder: Path) -> None:
    good = write(folder / "good.gz", w3c(visits(400)))
    (folder / "cut.gz").write_bytes(good.read_bytes()[:-20])
    (folder / "late.gz").write_bytes(gzip.compress(b"x" * 200_000 + bytes(range(256)) * 2_000)[:-9])
    (folder / "empty.gz").write_bytes(gzip.compress(b""))
    (folder / "a.parquet").write_bytes(b"PAR1 and no more")
    (folder / "notes.txt").write_text("dear diary\n")
    (folder / ".hidden").write_text("x")
    result = run(*ASK, "--log", str(folder), "--json")
    no_log = "no access log: there is no line #Fields, nor are these the standard fields; name them with --fields"
    damaged = "the gzip file is damaged or incomplete"
    assert {one["name"].rpartition("/")[2]: one["reason"] for one in json.loads(result.out)["log"]["unreadable"]} == {
        "cut.gz": damaged,
        "late.gz": no_log,
        "a.parquet": "the Parquet file is damaged or incomplete",
        "notes.txt": no_log,
    }
    assert (result.exit_code, json.loads(result.out)["total"]["requests"]) == (3, 400)
    assert f"warning: {folder}/cut.gz: {damaged}; it is not in the answer" in result.err


@pytest.mark.long
def test_fields_of_a_log_without_a_header_are_those_that_are_named(run: Run, folder: Path) -> None:
    path = write(folder / "a.log", [f"2026-11-01 10:00:00 {cookie_of('v1')} id"])
    refused = run(*ASK, "--log", str(path))
    assert (refused.exit_code, refused.err) == (
        1,
        f"error: {path}: no line of a log; {path}: no access log: there is no line #Fields, nor are these"
        " the standard fields; name them with --fields\n",
    )
    found = run(*ASK, "--log", str(path), "--fields", "date time cs(Cookie) x-edge-request-id", "--json").document
    assert (found["total"]["requests"], found["total"]["visitors"]) == (1, 1)


@pytest.mark.long
def test_a_log_without_cookies_gives_shares_and_says_so(run: Run, folder: Path) -> None:
    fields = [name for name in STANDARD_FIELDS if name != "cs(Cookie)"]
    found = run(*ASK, "--log", str(write(folder / "a.log", w3c(visits(), fields))), "--json").document
    total = found["total"]
    assert (total["visitors"], total["movedExact"], found["reasons"][0]["known"]) == (0, 0, "expected")
    assert 60 < total["movedExpected"] < 140
    assert found["notes"][0] == (
        "no cookie of cookie-version is in the log: nothing is exact. Requests are assigned by their ids, which gives"
        " the right shares but not the right visitors"
    )
    assert "the log has no country: standard logging (v2) has the field c-country" in found["notes"]


@pytest.mark.long
def test_a_log_in_another_time_zone_or_of_a_few_hours_is_noticed(run: Run, folder: Path) -> None:
    ahead = [{**entry, "date": "2126-01-01"} for entry in visits(10, days=1)]
    notes = run(*ASK, "--log", str(write(folder / "a.log", w3c(ahead[:2]))), "--json").document["notes"]
    assert [note for note in notes if "to come" in note or "covers" in note] == [
        "the log ends at 2126-01-01 02:24, which is to come: CloudFront writes UTC, is it another time zone?",
        "the log covers 2.4 hours: other hours of the day are taken to have their average, and the month to be like"
        " them",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("--log", "/nowhere/*.gz"), 2, "/nowhere/*.gz: no such file, or a folder or pattern without files"),
        (("--log", "s3://"), 1, "s3://: a place in S3 is s3://BUCKET/PREFIX"),
        (
            ("--log", "x", "--set", "strategy=tier"),
            2,
            "edge-router:strategy is tier, which does not assign visitors by a percentage: nobody would move",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(run: Run, arguments: tuple[str, ...], code: int, text: str) -> None:
    result = run(*ASK, *arguments)
    assert (result.exit_code, result.err) == (code, f"error: {text}\n")


@pytest.mark.parametrize("value", ["nan", "inf", "-5", "30001"])
def test_a_duration_that_lambda_does_not_have_is_refused_before_the_log_is_read(run: Run, value: str) -> None:
    result = run(*ASK, "--log", "/nowhere", "--duration-ms", value)
    assert (result.exit_code, result.out, result.err) == (
        2,
        "",
        f"error: --duration-ms is {value}: allowed is a number from 0 to 30000\n",
    )


def test_a_log_of_nothing_is_no_answer(run: Run, folder: Path) -> None:
    path = folder / "a.log"
    path.write_text("")
    assert run(*ASK, "--log", str(path)).err == f"error: {path}: no line of a log\n"


class Vanishing(LocalFiles):
    """Files of which one is deleted, and one replaced by a folder, after they were listed."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        gone, folder = (Path(place) / name for name in ("gone.log", "folder.log"))
        gone.unlink()
        folder.unlink()
        folder.mkdir()


def test_a_file_that_vanishes_while_it_is_read_does_not_take_the_answer_with_it(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.log", "folder.log", "gone.log"):
        write(folder / name, w3c(visits(10)))
    (folder / "nowhere.log").symlink_to(folder / "nothing")
    monkeypatch.setattr(what_if.files, "LocalFiles", Vanishing)
    result = run(*ASK, "--log", str(folder), "--json")
    log = result.document["log"]
    assert (result.exit_code, log["files"], log["requests"]) == (3, 3, 10)
    assert log["unreadable"] == [
        {"name": str(folder / "folder.log"), "reason": "Is a directory"},
        {"name": str(folder / "gone.log"), "reason": "No such file or directory"},
    ]
    assert result.err == "".join(
        f"warning: {one['name']}: {one['reason']}; it is not in the answer\n" for one in log["unreadable"]
    )


@pytest.fixture
def aws(run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An account with S3, Glue and Athena."""
    with moto_server() as url:
        use_aws_at(url, monkeypatch)
        yield url


@pytest.mark.long
def test_objects_in_s3_are_read_and_athena_says_the_same(run: Run, aws: str, folder: Path) -> None:
    entries = visits(60)
    s3, glue = (boto3.client(service, region_name="us-east-1") for service in ("s3", "glue"))
    s3.create_bucket(Bucket="logs")
    for index in range(3):
        path = write(folder / f"{index}.gz", w3c(entries[index * 20 : index * 20 + 20]))
        s3.upload_file(str(path), "logs", f"AWSLogs/{index}.gz")
    s3.put_object(Bucket="logs", Key="AWSLogs/folder/", Body=b"")
    by_s3 = run(*ASK, "--log", "s3://logs/AWSLogs/", "--json").document
    assert (by_s3["log"]["files"], by_s3["total"]["requests"]) == (3, 60)

    columns = [{"Name": name, "Type": "string"} for name in PARQUET_COLUMNS]
    glue.create_database(DatabaseInput={"Name": "web"})
    glue.create_table(DatabaseName="web", TableInput={"Name": "logs", "StorageDescriptor": {"Columns": columns}})
    overrides = STACK[1::2]
    rules = read_rules(Workspace().open_stack("local", overrides), 25)
    rows: list[dict[str, Any]] = run_athena(Athena(None, glue, "web.logs").query(rules), "web.logs", entries)
    lines = [list(rows[0]), *([None if cell is None else str(cell) for cell in row.values()] for row in rows)]
    answer = [{"Data": [{} if cell is None else {"VarCharValue": cell} for cell in line]} for line in lines]
    httpx.post(f"{aws}/moto-api/static/athena/query-results", json={"results": [{"rows": answer}]}, trust_env=False)
    by_athena = run(
        *ASK, "--engine", "athena", "--log", "web.logs", "--athena-output", "s3://logs/results/", "--json"
    ).document
    by_athena["log"] |= {"engine": "duckdb", "files": 3}
    by_athena["notes"].remove(
        "signatures of version cookies were not checked: Athena keeps the text of a query, and keys with it"
    )
    assert by_athena == by_s3
    refused = run(*ASK, "--log", "s3://others/", "--json")
    assert refused.exit_code == 1
    assert json.loads(refused.out)["errors"][0]["message"].startswith("cannot read s3://others/: ")
    for client in (s3, glue):
        client.close()
