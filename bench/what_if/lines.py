"""Access logs as CloudFront writes them, in every format, and generated ones of any length."""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from what_if.files import STANDARD_FIELDS

FIELDS = (*STANDARD_FIELDS, "c-country")
COLUMNS = tuple(name.replace("(", "_").replace(")", "").replace("-", "_").lower() for name in FIELDS)
"""Their names in Parquet."""
USUAL = {
    "x-edge-location": "FRA60-P1",
    "c-ip": "203.0.113.7",
    "cs-method": "GET",
    "cs(Host)": "d111111abcdef8.cloudfront.net",
    "cs(User-Agent)": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36",
    "sc-status": "200",
    "x-edge-result-type": "Miss",
    "x-host-header": "www.example.com",
    "cs-protocol": "https",
    "cs-bytes": "412",
    "time-taken": "0.034",
    "ssl-protocol": "TLSv1.3",
    "ssl-cipher": "TLS_AES_128_GCM_SHA256",
    "cs-protocol-version": "HTTP/2.0",
    "c-port": "51422",
    "sc-content-type": "text/html",
}
"""Fields that are the same in every line here; others that a line does not name are `-`."""
_ASCII = {byte: f"%{byte:02X}" for byte in (*range(33), *b"\"#%'<>[\\]^`{|}~", 127)}

Entry = Mapping[str, str]
"""A request by CloudFront's names of the fields, before their encoding."""


@dataclass(frozen=True)
class Traffic:
    """Generated requests of visitors, evenly over some days from a first one; one in five has no cookie.

    The others' is that of an earlier release, whose tag it has.
    """

    count: int
    visitors: int = 200_000
    days: int = 7
    tag: str = "0a1b2c3d"
    seed: int = 2026
    starts: datetime = datetime(2026, 11, 1, tzinfo=UTC)

    def __iter__(self) -> Iterator[Entry]:
        source = random.Random(self.seed)
        first, seconds = int(self.starts.timestamp()), self.days * 86_400
        paths = [*(f"/api/items/{number}" for number in range(997)), *["/", "/shop/cart", "/account/orders"] * 400]
        for index in range(self.count):
            visitor = source.randrange(self.visitors)
            cookie = f"_ga=GA1.2.{visitor}.17; app-version=stable.{self.tag}.v{visitor:015x}; theme=dark"
            yield request(
                first + index * seconds // self.count,
                source.choice(paths),
                "" if source.random() < 0.2 else cookie,
                base64.urlsafe_b64encode(source.randbytes(42)).decode(),
                country=source.choice(("DE", "US", "FR", "GB", "IN")),
                size=source.randrange(100_000),
            )


def request(
    at: int, path: str, cookie: str = "", request_id: str = "", *, country: str = "DE", size: int = 1_000, **others: str
) -> Entry:
    """Return a request; `others` are further fields, with _ for -."""
    time = datetime.fromtimestamp(at, UTC)
    named = {name.replace("_", "-"): value for name, value in others.items()}
    known = {"date": f"{time:%Y-%m-%d}", "time": f"{time:%H:%M:%S}", "cs-uri-stem": path, "cs(Cookie)": cookie}
    return USUAL | known | {"x-edge-request-id": request_id, "c-country": country, "sc-bytes": str(size)} | named


def encode(text: str) -> str:
    """Encode a value as "Log file fields" says: characters up to 32, beyond ASCII, and some between; `-` for none."""
    if text.isascii():
        return text.translate(_ASCII) or "-"
    return "".join(chr(byte).translate(_ASCII) if byte < 128 else f"%{byte:02X}" for byte in text.encode())


def w3c(entries: Iterable[Entry], fields: Iterable[str] = FIELDS, delimiter: str = "\t") -> Iterator[str]:
    """Yield lines of standard logging: a header, and the fields with a delimiter."""
    names = tuple(fields)
    yield "#Version: 1.0"
    yield f"#Fields: {' '.join(names)}"
    for entry in entries:
        yield delimiter.join(encode(entry.get(name, "")) for name in names)


def json_lines(entries: Iterable[Entry], fields: Iterable[str] = FIELDS) -> Iterator[str]:
    """Yield lines of standard logging (v2) in JSON."""
    names = tuple(fields)
    for entry in entries:
        yield json.dumps({name: encode(entry.get(name, "")) for name in names})


def write(path: Path, lines: Iterable[str], *, end: str = "\n") -> Path:
    """Write lines, compressed where the name ends in .gz."""
    data = (f"{line}{end}".encode() for line in lines)
    if path.suffix == ".gz":
        with gzip.open(path, "wb", compresslevel=3) as file:
            file.writelines(data)
    else:
        with path.open("wb") as file:
            file.writelines(data)
    return path


def w3c_log(folder: Path, traffic: Traffic) -> Path:
    """Write the traffic as CloudFront's W3C log, compressed."""
    return write(folder / "w3c.gz", w3c(traffic))


def json_log(folder: Path, traffic: Traffic) -> Path:
    """Write it as JSON lines of standard logging (v2), compressed."""
    return write(folder / "json.gz", json_lines(traffic))


def parquet_log(folder: Path) -> Path:
    """Rewrite the lines of `w3c_log` in this folder as a Parquet file, all columns text."""
    log, path = folder / "w3c.gz", folder / "parquet"
    columns = dict.fromkeys(COLUMNS, "VARCHAR")
    with duckdb.connect(config={"threads": 2}) as database:
        lines = f"read_csv('{log}', delim = '\t', quote = '', skip = 2, header = false, columns = {columns})"
        database.execute(f"COPY (SELECT * FROM {lines}) TO '{path}' (FORMAT parquet)")
    return path
