"""Parquet files of standard logging (v2)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from bench.what_if.lines import COLUMNS, FIELDS, Entry, encode


def write_parquet(path: Path, entries: Iterable[Entry]) -> Path:
    """Write a file, whose columns have _ for punctuation, and are all text."""
    rows = [[encode(entry.get(name, "")) for name in FIELDS] for entry in entries]
    with duckdb.connect() as database:
        database.execute("CREATE TABLE log (" + ", ".join(f'"{column}" VARCHAR' for column in COLUMNS) + ")")
        database.executemany(f"INSERT INTO log VALUES ({', '.join('?' * len(COLUMNS))})", rows)
        database.execute(f"COPY log TO '{path}' (FORMAT parquet)")
    return path
