"""All that a replica can do wrong on the wire: faults that cost its answer, and oddities that do not."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable

from tests.router.replica import ClosedError, Fault, Turn


def sends(answer: Callable[[Turn], bytes], *, then_closes: bool = False) -> Fault:
    def fault(turn: Turn) -> None:
        turn.connection.sendall(answer(turn))
        if then_closes:
            raise ClosedError

    return fault


def with_fields(*fields: bytes) -> Fault:
    """The right body, with these fields for its length; `%d` is the right one."""
    return sends(lambda turn: turn.answer(None, *(field.replace(b"%d", b"%d" % len(turn.body)) for field in fields)))


def with_body(body: bytes | Callable[[Turn], bytes]) -> Fault:
    return sends(lambda turn: turn.answer(body if isinstance(body, bytes) else body(turn)))


def hangs_after(part: float) -> Fault:
    """Sends this part of the answer, and nothing more."""

    def fault(turn: Turn) -> None:
        answer = turn.answer()
        turn.connection.sendall(answer[: round(len(answer) * part)])
        turn.connection.recv(1)
        raise ClosedError

    return fault


def closes_after(part: float) -> Fault:
    return sends(lambda turn: turn.answer()[: round(len(turn.answer()) * part)], then_closes=True)


def drips(turn: Turn) -> None:
    for byte in turn.answer():
        turn.connection.sendall(bytes([byte]))
        time.sleep(0.02)


def _with_other_key(turn: Turn) -> bytes:
    """The right item under another key, with every value that is asked for."""
    document = json.loads(turn.body)
    for item in [document["Item"]] if "Item" in document else document["Items"]:
        for name in item.keys() & {"token", "tenantId", "scope"}:
            item[name] = {"S": "somebody else"}
    return json.dumps(document).encode()


def _without_key(turn: Turn) -> bytes:
    document = json.loads(turn.body)
    for item in [document["Item"]] if "Item" in document else document["Items"]:
        for name in ("token", "tenantId", "accountId", "scope"):
            item.pop(name, None)
    return json.dumps(document).encode()


def _with_values(value: object) -> Fault:
    """The right item, with this in the place of what is read of it."""

    def body(turn: Turn) -> bytes:
        document = json.loads(turn.body)
        for item in [document["Item"]] if "Item" in document else document["Items"]:
            for name in item.keys() - {"token", "tenantId", "accountId", "scope", "item"}:
                item[name] = value
        return json.dumps(document).encode()

    return with_body(body)


def _of_another_operation(turn: Turn) -> bytes:
    return b"{}" if turn.is_query else b'{"Items":[],"Count":0,"ScannedCount":0}'


def _answer_gzipped(turn: Turn) -> bytes:
    body = gzip.compress(turn.body)
    return turn.answer(body, b"Content-Encoding: gzip", b"Content-Length: %d" % len(body))


def _lines_ended_by(end: bytes) -> Fault:
    return sends(lambda turn: turn.answer().replace(b"\r\n", end))


def _extra(field: bytes) -> Fault:
    return with_fields(b"Content-Length: %d", field)


CHUNKED = b"Transfer-Encoding: chunked"
DEEP = b'{"Item":' + b"[" * 200_000 + b"]" * 200_000 + b"}"

FAULTS: dict[str, Fault] = {
    "reset before the answer": closes_after(0),
    "close within the head": closes_after(0.2),
    "close within the body": closes_after(0.9),
    "hang before the answer": hangs_after(0),
    "hang within the head": hangs_after(0.2),
    "hang within the body": hangs_after(0.9),
    "drip": drips,
    "not HTTP": sends(lambda _: b"SSH-2.0-OpenSSH_9.6\r\n\r\n", then_closes=True),
    "HTTP/2": sends(lambda turn: turn.answer().replace(b"HTTP/1.1", b"HTTP/2.0")),
    "no status": sends(lambda turn: turn.answer().replace(b"200", b"2x0")),
    "status of Arabic digits": sends(lambda turn: turn.answer().replace(b"200", "٢٠٠".encode())),
    "500": sends(lambda turn: turn.answer(b"<html>").replace(b"200 OK", b"500 X")),
    "408 and close": sends(lambda _: b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n", then_closes=True),
    "101": sends(lambda _: b"HTTP/1.1 101 Switching Protocols\r\n\r\n"),
    "interim answers without end": sends(lambda _: b"HTTP/1.1 103 Early Hints\r\n\r\n" * 5_000),
    "head without end": sends(lambda _: b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 30_000),
    "two lengths": with_fields(b"Content-Length: %d", b"Content-Length: 2"),
    "two lengths, the right one last": with_fields(b"Content-Length: 2", b"Content-Length: %d"),
    "a list of lengths": with_fields(b"Content-Length: %d, 2"),
    "no length": with_fields(b"X: y"),
    "empty length": with_fields(b"Content-Length:"),
    "signed length": with_fields(b"Content-Length: +%d"),
    "negative length": with_fields(b"Content-Length: -%d"),
    "length with an underscore": with_fields(b"Content-Length: 0_%d"),
    "length with a space within": with_fields(b"Content-Length: 0 %d"),
    "length with a form feed": with_fields(b"Content-Length: \x0c%d"),
    "hexadecimal length": with_fields(b"Content-Length: 0x10"),
    "length of Arabic digits": with_fields("Content-Length: ٢٠".encode()),
    "length of 5,000 digits": with_fields(b"Content-Length: " + b"9" * 5_000),
    "length of 5,000 digits, most of them 0": with_fields(b"Content-Length: " + b"0" * 5_000 + b"%d"),
    "length of 2 MB": with_fields(b"Content-Length: 2097152"),
    "length too short": with_fields(b"Content-Length: 5"),
    "space before the colon": with_fields(b"Content-Length : %d"),
    "no colon": _extra(b"Content-Length"),
    "no name": _extra(b": 5"),
    "folded line": _extra(b" folded: 5"),
    "NUL": _extra(b"x: \0"),
    "bare LF": _lines_ended_by(b"\n"),
    "a length behind a bare LF": _extra(b"x: y\nContent-Length: 2"),
    "a length behind a bare CR": _extra(b"x: y\rContent-Length: 2"),
    "length beside chunks": with_fields(b"Content-Length: %d", CHUNKED),
    "chunks": sends(lambda turn: turn.answer(b"%x\r\n%s\r\n0\r\n\r\n" % (len(turn.body), turn.body), CHUNKED)),
    "gzip": sends(_answer_gzipped),
    "item under another key": with_body(_with_other_key),
    "item without its key": with_body(_without_key),
    "answer to another operation": with_body(_of_another_operation),
    "values without a type": _with_values("2"),
    "values of no type": _with_values({}),
    "values of two types": _with_values({"S": "1", "N": "1"}),
    "values of an unknown type": _with_values({"X": "1"}),
    "texts that are numbers": _with_values({"S": 1}),
    "numbers that are none": _with_values({"N": 1}),
    "texts that are lists": _with_values({"S": ["1"]}),
    "null": with_body(b'{"Item":null,"Items":null}'),
    "empty item": with_body(b'{"Item":{},"Items":[{}]}'),
    "an error's text with status 200": with_body(b'{"message":"sorry"}'),
    "wrong checksum": sends(lambda turn: turn.answer(crc=b"%d" % 1)),
    "checksum that is not a number": sends(lambda turn: turn.answer(crc=b"abc")),
    "two checksums": _extra(b"x-amz-crc32: 1"),
    "bytes changed on the way": sends(lambda turn: turn.answer().replace(b'{"S": "', b'{"S": "x')[:-1]),
    "200,000 deep": with_body(DEEP),
    "not UTF-8": with_body(b'{"Item":{"token":{"S":"\xff\xfe"}}}'),
    "UTF-16": with_body(lambda turn: turn.body.decode().encode("utf-16")),
    "number of 5,000 digits": with_body(lambda turn: turn.body[:-1] + b',"x":' + b"9" * 5_000 + b"}"),
    "not JSON": with_body(b"<html>"),
    "no object": with_body(b'["Item"]'),
}
"""None of them brings an answer."""
SLOW = {name for name in FAULTS if name.startswith("hang")} | {"drip", "bare LF"}
"""Those that cost the reader's whole time-out."""


def _slowly(turn: Turn) -> None:
    """In pieces that split line ends."""
    answer = turn.answer()
    for start in range(0, len(answer), 37):
        turn.connection.sendall(answer[start : start + 37])


ODDITIES: dict[str, Fault] = {
    "interim answers": sends(
        lambda turn: b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + turn.answer()
    ),
    "the same length twice": with_fields(b"Content-Length: %d", b"content-length: %d"),
    "a list of the same length": with_fields(b"Content-Length: %d, %d"),
    "in pieces": _slowly,
    "no checksum": sends(lambda turn: turn.answer().replace(b"x-amz-crc32", b"x-other")),
    "huge figures": with_body(lambda turn: turn.body[:-1] + b',"x":1e999}'),
    "the answer twice": sends(lambda turn: turn.answer() * 2),
    "more bytes after it": sends(lambda turn: turn.answer() + b"\0garbage"),
    "another answer after it": sends(lambda turn: turn.answer() + turn.last),
    "the announced end": sends(lambda turn: turn.answer().replace(b"Server:", b"Connection: close, x\r\nY:")),
    "an end that nobody announced": sends(lambda turn: turn.answer(), then_closes=True),
    "HTTP/1.0": sends(lambda turn: turn.answer().replace(b"HTTP/1.1", b"HTTP/1.0")),
    "408 and close while idle": sends(
        lambda turn: turn.answer() + b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n", then_closes=True
    ),
}
"""All of them bring the answer, and none costs the next one."""
