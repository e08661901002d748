"""Athena's text of the SQL in Trino itself, the engine that Athena's is made of: one result with DuckDB's."""

from __future__ import annotations

import os
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from bench.what_if.lines import FIELDS, encode, w3c, write
from tests.what_if.athena_sample import PARQUET_COLUMNS
from tests.what_if.test_athena import STACKS, FakeAws, sample, stack_like
from what_if.athena import Athena
from what_if.files import LocalFiles
from what_if.local import DuckDb
from what_if.rules import read_rules
from what_if.statements import literal

HOME = os.environ.get("TRINO_HOME", "")
PROGRAM = Path(__file__).with_name("RunQueries.java")
TABLE = "default.cloudfront"  # the one schema that a Trino in memory has
STEPS = (1, 5, 25, 50, 100)

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not HOME, reason="make what-if-trino installs Trino and sets TRINO_HOME"),
]


def test_trino_and_duckdb_have_one_result(tmp_path: Path) -> None:
    """Of every kind of cookie and line, for every strategy that a log can judge."""
    entries = sample()
    rows = ",\n".join(
        "(" + ", ".join(literal(encode(entry.get(field, ""))) for field in FIELDS) + ")" for entry in entries
    )
    columns = ", ".join(f'"{name}"' for name in PARQUET_COLUMNS)
    queries = {"table": f'CREATE TABLE "default".cloudfront AS SELECT * FROM (VALUES {rows}) AS log ({columns})'}
    aws = FakeAws(PARQUET_COLUMNS)
    queries |= {name: Athena(aws, aws, TABLE).query(read_rules(stack_like(name), 25, STEPS)) for name in STACKS}
    files = [tmp_path / name for name in queries]
    for file, query in zip(files, queries.values(), strict=True):
        file.write_text(query, encoding="utf-8")
    command = ["java", "-cp", f"{HOME}/*", str(PROGRAM), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = defaultdict(list)
    for line in done.stdout.splitlines():
        if line.startswith("ROW\t"):
            _, name, row = line.split("\t", 2)
            found[name].append(row)
    log = LocalFiles(str(write(tmp_path / "log.gz", w3c(entries))))
    for name in STACKS:
        with DuckDb(read_rules(stack_like(name), 25, STEPS)) as read:
            read.read(log)
            expected = [
                "\t".join("null" if cell is None else str(cell) for cell in row.values()) for row in read.rows()
            ]
        assert sorted(found[name]) == sorted(expected), name
        assert len(expected) > 20
