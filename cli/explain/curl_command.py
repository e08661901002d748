"""A curl command, such as a browser's "Copy as cURL", as the head and body of the HTTP request that it sends."""

from __future__ import annotations

import argparse
import base64
import re
import shlex
from collections.abc import Sequence
from typing import Any, NoReturn
from urllib.parse import urlsplit

_COMMAND = re.compile(r"\s*(?:\$ )?curl\s")
_ANSI_QUOTED = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "'": "'", '"': '"', "\\": "\\"}


class CurlError(ValueError):
    """A command line that cannot be read; the text says what is missing."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise CurlError(f"not a curl command: {message}")


def is_curl_command(text: str) -> bool:
    """Return True for a text that begins with `curl`, with or without a prompt."""
    return _COMMAND.match(text) is not None


def read_curl_command(text: str) -> str:
    """Return the request as text: request line, header lines, an empty line and the body. CurlError.

    Options that change nothing about the request are ignored; files (`@name`) are not read.
    """
    command = _COMMAND.sub("", text, count=1).replace("\\\r\n", " ").replace("\\\n", " ").replace("^\n", " ")
    try:
        words = shlex.split(_ANSI_QUOTED.sub(lambda found: shlex.quote(_unescape(found[1])), command))
    except ValueError as error:
        raise CurlError("not a curl command: a quote is not closed") from error
    given, others = _parser().parse_known_args(words)
    urls = [*given.url_option, *(word for word in others if not word.startswith("-"))]
    if not urls:
        raise CurlError("the curl command has no URL")
    return _request(urls[0], given)


def _parser() -> _Parser:
    """The options that matter, and those with a value, which is no URL."""
    parser = _Parser(add_help=False, allow_abbrev=False)
    lists: Any = {"action": "append", "default": []}
    parser.add_argument("--url", dest="url_option", **lists)
    parser.add_argument("-X", "--request", dest="method")
    parser.add_argument("-H", "--header", dest="headers", **lists)
    parser.add_argument("-b", "--cookie", dest="cookies", **lists)
    parser.add_argument("-A", "--user-agent", dest="agent")
    parser.add_argument("-e", "--referer", dest="referer")
    parser.add_argument("-u", "--user", dest="user")
    parser.add_argument(
        *("-d", "--data", "--data-raw", "--data-ascii", "--data-binary", "--data-urlencode"),
        dest="data",
        **lists,
    )
    parser.add_argument("--json", **lists)
    parser.add_argument("-G", "--get", dest="is_get", action="store_true")
    parser.add_argument("-I", "--head", dest="is_head", action="store_true")
    for options in (("-o", "--output"), ("-m", "--max-time"), ("-w", "--write-out"), ("--resolve",), ("--connect-to",)):
        parser.add_argument(*options, dest="ignored")
    for options in (("-x", "--proxy"), ("--cacert",), ("--retry",), ("-c", "--cookie-jar"), ("--connect-timeout",)):
        parser.add_argument(*options, dest="ignored")
    for letter in "sSiLkvfgO":  # so that -si and -so go apart
        parser.add_argument(f"-{letter}", dest="ignored", action="store_true")
    return parser


def _request(url: str, given: argparse.Namespace) -> str:
    parts = urlsplit(url if "//" in url else f"http://{url}")
    body = "&".join(given.data) or "".join(given.json)
    query = "&".join(filter(None, (parts.query, body if given.is_get else "")))
    body = "" if given.is_get else body
    method = given.method or ("HEAD" if given.is_head else "POST" if body else "GET")
    target = f"{parts.path or '/'}{f'?{query}' if query else ''}"
    named = {header.partition(":")[0].strip().lower() for header in given.headers}
    added = {
        "host": parts.netloc.rpartition("@")[2],
        "cookie": "; ".join(given.cookies),
        "user-agent": given.agent,
        "referer": given.referer,
        "authorization": f"Basic {base64.b64encode(given.user.encode()).decode()}" if given.user else "",
        "content-type": body and ("application/json" if given.json else "application/x-www-form-urlencoded"),
    }
    own: Sequence[str] = [header for header in given.headers if header.partition(":")[2].strip()]
    lines = [*own, *(f"{name}: {value}" for name, value in added.items() if value and name not in named)]
    return "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", body])


def _unescape(text: str) -> str:
    """Return the content of $'…' as bash has it."""
    found = re.sub(r"\\u([0-9a-fA-F]{4})", lambda escape: chr(int(escape[1], 16)), text)
    return re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[0]), found, flags=re.DOTALL)
