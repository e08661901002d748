"""What Athena would answer, as far as that can be had without it: its text in DuckDB's words, by another translator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import duckdb
import sqlglot

from bench.what_if.lines import FIELDS, Entry, encode

PARQUET_COLUMNS = [name.replace("(", "_").replace(")", "").replace("-", "_").lower() for name in FIELDS]
"""As "Create a table for CloudFront logs in Athena using manual partitioning with Parquet" has them."""


def run_athena(query: str, table: str, entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Run Athena's query over a table of these entries; sqlglot parses it as Athena's and writes it as DuckDB's."""
    [text] = sqlglot.transpile(query, read="athena", write="duckdb", unsupported_level=sqlglot.ErrorLevel.RAISE)
    database, name = table.split(".")
    with duckdb.connect() as connection:
        # The one function that DuckDB has not, and sqlglot passes on.
        connection.execute("CREATE MACRO from_base(digits, base) AS CAST('0x' || digits AS BIGINT)")
        connection.execute(f"CREATE SCHEMA {database}")
        columns = ", ".join(f'"{column}" VARCHAR' for column in PARQUET_COLUMNS)
        connection.execute(f"CREATE TABLE {database}.{name} ({columns})")
        rows = [[encode(entry.get(field, "")) for field in FIELDS] for entry in entries]
        connection.executemany(f"INSERT INTO {database}.{name} VALUES ({', '.join('?' * len(FIELDS))})", rows)
        found = connection.execute(text)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
