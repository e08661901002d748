"""Reading access logs with DuckDB, on this machine."""

from __future__ import annotations

import glob
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, TimeoutError
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from what_if.files import FIELD_NAMES, LATIN_1, Entry, Format, LogError, Logs, batches, find_fields, sniff
from what_if.rules import Rules
from what_if.statements import COLUMNS, DUCKDB, FIELDS, judge, literal, summarize

MEMORY = "220MB"
"""Of the database; Python, the library and the buffers of lines come on top."""
THREADS = 2
LONGEST_LINE = 2_000_000
BATCH_BYTES, BATCH_FILES = 256 * 1024 * 1024, 256
POLL_SECONDS = 0.2
TYPES = ("VARCHAR", "VARCHAR", "VARCHAR", "BIGINT", "VARCHAR", "VARCHAR", "BOOLEAN", "BIGINT")
MALFORMED = "malformed-line"


@dataclass
class DuckDb:
    """A database in a temporary folder, which keeps of every request what is counted, and no text of a visitor's.

    It loads nothing from elsewhere: JSON and Parquet are part of the library, and S3 is not read by it.
    """

    rules: Rules
    fields: tuple[str, ...] = ()
    on_progress: Callable[[int], None] = lambda _done: None
    unreadable: dict[str, str] = field(default_factory=dict[str, str])

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="what-if-")
        self.folder = Path(self._folder.name)
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            "threads": THREADS,
            "temp_directory": str(self.folder / "spilled"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": False,
        }
        self._database = duckdb.connect(str(self.folder / "judged.duckdb"), config=config)
        for name, value in (("enable_progress_bar", "true"), ("enable_progress_bar_print", "false")):
            self._database.execute(f"SET {name} = {value}")  # query_progress() counts with the bar only
        columns = ", ".join(f"{name} {kind}" for name, kind in zip(COLUMNS, TYPES, strict=True))
        self._database.execute(f"CREATE TABLE judged ({columns})")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        self._folder.cleanup()

    def read(self, logs: Logs) -> None:
        """Judge every line of the logs; files that cannot be read are in `unreadable`, with why."""
        done = 0
        for batch in batches(logs.entries, BATCH_BYTES, BATCH_FILES):
            by_format: dict[Any, list[tuple[Entry, Path]]] = defaultdict(list)
            for entry, path in logs.fetch(batch, self.folder):
                try:
                    by_format[self._format(path)].append((entry, path))
                except LogError as error:
                    self.unreadable[entry.name] = str(error)
                except OSError as error:
                    self.unreadable[entry.name] = error.strerror or str(error)
            for form, files in by_format.items():
                self._insert(form, files, done)
                done += sum(entry.size for entry, _ in files)
                self.on_progress(done)
            for path in self.folder.glob("fetched-*"):
                path.unlink()
        self.unreadable |= logs.missing

    def rows(self) -> list[dict[str, Any]]:
        """Return the counts of all that was read."""
        return self._records(summarize("judged", self.rules))

    def judge(self, path: Path, columns: Sequence[str]) -> list[dict[str, Any]]:
        """Return the judgement of every line of one file."""
        return self._records(judge(_source(self._format(path), [path]), self.rules, DUCKDB, columns))

    def _records(self, query: str) -> list[dict[str, Any]]:
        found = self._database.execute(query)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def _format(self, path: Path) -> Format:
        found = sniff(path, self.fields)
        if found.kind != "parquet":
            return found
        try:
            described = self._database.execute(f"DESCRIBE SELECT * FROM read_parquet({_file(path)})").fetchall()
        except duckdb.Error as error:
            raise LogError("the Parquet file is damaged or incomplete") from error
        return Format("parquet", tuple(str(row[0]) for row in described))

    def _insert(self, form: Format, files: Sequence[tuple[Entry, Path]], done: int) -> None:
        """Judge files of one format; where that fails, one after the other."""
        if form.kind == "empty":
            return
        # A thread holds a row group's columns, hundreds of thousands of values each, beside the database's memory.
        self._database.execute(f"SET threads = {1 if form.kind == 'parquet' else THREADS}")
        query = judge(_source(form, [path for _, path in files]), self.rules, DUCKDB)
        try:
            self._execute(f"INSERT INTO judged {query}", done, sum(entry.size for entry, _ in files))
        except duckdb.OutOfMemoryException as error:
            raise LogError(f"{MEMORY} of memory and the temporary folder do not suffice") from error
        except duckdb.Error as error:
            if len(files) == 1 and form.encoding == LATIN_1:
                self._insert(replace(form, encoding="utf-8"), files, done)
                return
            if len(files) == 1:
                self.unreadable[files[0][0].name] = _describe(error)
                return
            for one in files:
                self._insert(form, [one], done)
                done += one[0].size

    def _execute(self, query: str, done: int, size: int) -> None:
        with ThreadPoolExecutor(1) as executor:
            running = executor.submit(self._database.execute, query)
            try:
                while True:
                    try:
                        running.result(POLL_SECONDS)
                    except TimeoutError:
                        percent = max(0.0, self._database.query_progress())
                        self.on_progress(done + int(size * percent / 100))
                    else:
                        return
            except KeyboardInterrupt:
                self._database.interrupt()
                raise


def _describe(error: duckdb.Error) -> str:
    """The cause without the library's text, which may quote a line."""
    is_gzip = "gzip" in str(error).lower()
    return "the gzip file is damaged or incomplete" if is_gzip else f"DuckDB cannot read it ({type(error).__name__})"


def _file(path: Path) -> str:
    """Write a path as a literal that means this file only: to DuckDB `[1]`, `*` and `?` are patterns."""
    return literal(glob.escape(str(path)))


def _column(name: str) -> str:
    """Write a column's name, which is the file's, as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def _source(form: Format, paths: Iterable[Path]) -> str:
    """The query for the requests in files of one format."""
    files = "[" + ", ".join(map(_file, paths)) + "]"
    if form.kind == "parquet":
        columns = {ours: f"CAST({_column(name)} AS VARCHAR)" for ours, name in find_fields(form.fields).items()}
        return f"SELECT {_columns(columns)}, '' AS problem FROM read_parquet({files}, union_by_name = true)"
    # A line is one column: no quotes, and a delimiter that no line has. DuckDB's Latin-1 has all but 0x80 to 0x9f.
    lines = (
        f"read_csv({files}, columns = {{'line': 'VARCHAR'}}, delim = '\x1f', quote = '', escape = '', comment = '',"
        f" header = false, auto_detect = false, strict_mode = false, encoding = '{form.encoding}',"
        f" max_line_size = {LONGEST_LINE}, compression = '{'gzip' if form.is_gzip else 'none'}')"
    )
    if form.kind == "json":
        return _json_source(lines)
    places = {name: index for index, name in enumerate(form.fields, 1)}
    columns = {ours: f"part[{places[name]}]" for ours, name in find_fields(form.fields).items()}
    problem = f"CASE WHEN len(part) = {len(form.fields)} THEN '' ELSE '{MALFORMED}' END"
    return f"""SELECT {_columns(columns)}, {problem} AS problem FROM (
  SELECT string_split(line, {literal(form.delimiter)}) AS part FROM {lines} WHERE trim(line) <> '' AND line[1] <> '#'
)"""


def _json_source(lines: str) -> str:
    """The fields of JSON lines, whichever of them each line has."""
    names = {
        "day": "date",
        "time": "time",
        "path": "cs-uri-stem",
        "cookie": "cs(Cookie)",
        "request_id": "x-edge-request-id",
        "country": "c-country",
        "result": "x-edge-result-type",
        "bytes": "sc-bytes",
        "milliseconds": "timestamp(ms)",
        "seconds": "timestamp",
    }
    wanted = "[" + ", ".join(literal(f'$."{name}"') for name in names.values()) + "]"
    columns = {ours: f"part[{index}]" for index, ours in enumerate(names, 1)}
    known = ", ".join(columns[name] for name in ("path", "cookie", "request_id"))
    problem = f"CASE WHEN coalesce({known}) IS NULL THEN '{MALFORMED}' ELSE '' END"
    return f"""SELECT {_columns(columns)}, {problem} AS problem FROM (
  SELECT TRY(json_extract_string(line, {wanted})) AS part
  FROM {lines} WHERE trim(line) <> '' AND line[1] <> '#'
)"""


def _columns(found: Mapping[str, str]) -> str:
    """Our columns by those of the log; `-` is empty, and a missing one NULL."""
    known = {name: f"CASE WHEN {text} = '-' THEN '' ELSE {text} END" for name, text in found.items()}
    epoch = " , ".join(
        f"TRY(make_timestamp(CAST(try_cast({found[name]} AS DOUBLE) * {factor} AS BIGINT)))"
        for name, factor in (("milliseconds", 1_000), ("seconds", 1_000_000))
        if name in found
    )
    if epoch:
        for name, form in (("day", "%Y-%m-%d"), ("time", "%H:%M:%S")):
            known[name] = f"coalesce({known.get(name, 'NULL')}, strftime(coalesce({epoch}), '{form}'))"
    assert set(known) <= set(FIELD_NAMES)
    return ", ".join(f"{known.get(name, 'CAST(NULL AS VARCHAR)')} AS {name}" for name in FIELDS)
