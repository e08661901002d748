"""Reading access logs with Amazon Athena, where they outgrow a machine: the same SQL over a table of the logs."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from what_if.files import LogError, find_fields
from what_if.rules import Rules
from what_if.statements import ATHENA, FIELDS, judge, summarize

POLL_SECONDS = 1.0
ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")
_TABLE = re.compile(r"([A-Za-z0-9_]+)\.([A-Za-z0-9_]+)")


@dataclass(frozen=True)
class Answer:
    """Rows of the summary, and the bytes that Athena scanned and bills."""

    rows: list[dict[str, Any]]
    scanned_bytes: int


@dataclass(frozen=True)
class Athena:
    """A table of access logs, named `database.table`, and boto3's clients; Glue knows its columns.

    `output` is where Athena keeps results, "" where the workgroup has a place.
    """

    client: Any
    glue: Any
    table: str
    workgroup: str = "primary"
    output: str = ""
    sleep: Callable[[float], None] = time.sleep

    def ask(self, rules: Rules, on_progress: Callable[[int], None] = lambda _scanned: None) -> Answer:
        """Run the summary and wait for it. LogError where the table is none of access logs, or the query fails."""
        parameters: dict[str, Any] = {"QueryString": self.query(rules), "WorkGroup": self.workgroup}
        if self.output:
            parameters["ResultConfiguration"] = {"OutputLocation": self.output}
        query_id = self.client.start_query_execution(**parameters)["QueryExecutionId"]
        try:
            execution = self._wait(query_id, on_progress)
        except KeyboardInterrupt:
            self.client.stop_query_execution(QueryExecutionId=query_id)
            raise
        status: Mapping[str, Any] = execution["Status"]
        if status["State"] != "SUCCEEDED":
            reason = status.get("StateChangeReason", "no reason given")
            raise LogError(f"Athena's query {query_id} ended as {status['State']}: {reason}")
        scanned = int(execution.get("Statistics", {}).get("DataScannedInBytes", 0))
        return Answer(self._rows(query_id), scanned)

    def query(self, rules: Rules) -> str:
        """Return the text that Athena runs."""
        judged = judge(self._source(), rules, ATHENA)
        return summarize(f"({judged})", rules)

    def _wait(self, query_id: str, on_progress: Callable[[int], None]) -> Mapping[str, Any]:
        while True:
            execution = self.client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            on_progress(int(execution.get("Statistics", {}).get("DataScannedInBytes", 0)))
            if execution["Status"]["State"] in ENDED:
                return execution
            self.sleep(POLL_SECONDS)

    def _rows(self, query_id: str) -> list[dict[str, Any]]:
        """The result, whose first row has the names; Athena writes every value as text, and none for NULL."""
        pages = self.client.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
        lines = [
            [cell.get("VarCharValue") for cell in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]
        ]
        if not lines:
            raise LogError(f"Athena's query {query_id} has no result")
        return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]

    def _source(self) -> str:
        """The query for the requests in the table, by the names that its columns have."""
        named = _TABLE.fullmatch(self.table)
        if named is None:
            raise LogError(f"{self.table!r} is not a table: with --engine athena, --log is its name, DATABASE.TABLE")
        database, table = named.groups()
        found = self.glue.get_table(DatabaseName=database, Name=table)["Table"]["StorageDescriptor"]
        columns = find_fields([column["Name"] for column in found["Columns"]])
        if not columns.keys() & {"cookie", "request_id", "path"}:
            raise LogError(f"the table {self.table} is none of access logs: it has no column cs_cookie, nor the others")
        return f"""SELECT {table_columns(columns)}, '' AS problem FROM "{database}"."{table}\""""


def table_columns(found: Mapping[str, str]) -> str:
    """Return our columns by those of a table, in Athena's SQL: `-` is empty, and a missing one NULL."""
    texts = {ours: f'CAST("{name}" AS VARCHAR)' for ours, name in found.items()}
    known = {name: f"CASE WHEN {text} = '-' THEN '' ELSE {text} END" for name, text in texts.items()}
    factors = (("milliseconds", " / 1000"), ("seconds", ""))
    epoch = next((f"try_cast({texts[name]} AS DOUBLE){factor}" for name, factor in factors if name in texts), "")
    if epoch:
        for name, start, length in (("day", 1, 10), ("time", 12, 8)):
            written = f"substr(to_iso8601(from_unixtime({epoch})), {start}, {length})"
            known[name] = f"coalesce({known.get(name, 'NULL')}, {written})"
    return ", ".join(f"{known.get(name, 'CAST(NULL AS VARCHAR)')} AS {name}" for name in FIELDS)
