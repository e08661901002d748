"""A curl command, such as a browser's "Copy as cURL", as the head and body of the HTTP request that it sends."""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Iterator
from urllib.parse import SplitResult, quote_plus, unquote, urlsplit

from cli.explain.curl_options import CurlError, Options, label, read_options

_COMMAND = re.compile(r"\s*(?:\$ )?curl\s")
_PIECE = re.compile(
    r"""\$'(?P<ansi>(?:[^'\\]|\\.)*)'|'[^']*'|"(?:[^"\\]|\\.)*"|(?P<continued>[\\^]\r?\n)|\\.""", re.DOTALL
)
_CMD_QUOTE = re.compile(r"""\s*curl\s+(?:-\S+\s+)*\^["']""")
_CMD_ESCAPE = re.compile(r"\^([^\r\n])")
"""As cmd.exe takes it: a caret before any character but the end of a line, which continues the command."""
_ESCAPE = re.compile(r"((?:\\u[0-9a-fA-F]{4})+)|\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "'": "'", '"': '"', "\\": "\\"}
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_DATA = ("data", "data-ascii", "data-binary", "data-raw", "data-urlencode", "json")
_LATER_CREDENTIALS = ("anyauth", "digest", "negotiate", "ntlm")
"""With these, the first request has no password."""


def is_curl_command(text: str) -> bool:
    """Return True for a text that begins with `curl`, with or without a prompt."""
    return _COMMAND.match(text) is not None


def read_curl_command(text: str) -> str:
    """Return the first request as text: request line, header lines, an empty line and the body. CurlError.

    CurlError is raised for an option that is not known, and for one whose part of the request is in a file or is made
    by curl only. Headers that curl adds unasked (Accept, User-Agent) or that depend on its build (Accept-Encoding of
    --compressed) are not in it; all other options change nothing about the request.
    """
    text = _CMD_ESCAPE.sub(r"\1", text) if _CMD_QUOTE.match(text) else text
    command = _PIECE.sub(_to_posix, _COMMAND.sub("", text, count=1))
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise CurlError("not a curl command: a quote is not closed") from error
    given = read_options(words)
    urls = [url for _, url in given.find_all("url")]
    if not urls:
        raise CurlError("the curl command has no URL")
    return _request(urls[0], given)


def _request(url: str, given: Options) -> str:
    parts = urlsplit(url if _SCHEME.match(url) else f"http://{url}")
    if not given.is_set("globoff") and re.search(r"[{}[\]]", parts.path + parts.query):
        raise CurlError("the URL has a bracket, which curl takes for a pattern: add -g")
    is_get = given.is_set("get")
    has_body = bool(given.find_all(*_DATA)) and not is_get
    if has_body and given.is_set("head"):
        raise CurlError("-I/--head and a body exclude each other")
    body = _data(given)
    method = given.last("request") or ("HEAD" if given.is_set("head") else "POST" if has_body else "GET")
    added = body if is_get and body else _url_query(given)
    query = "&".join(filter(None, (parts.query, added)))
    target = given.last("request-target") or f"{parts.path or '/'}{f'?{query}' if query else ''}"
    return "\r\n".join(
        [f"{method} {target} HTTP/1.1", *_headers(parts, given, has_body=has_body), "", body if has_body else ""]
    )


def _data(given: Options) -> str:
    """The data of all options in one; curl puts no & before JSON."""
    body = ""
    for name, value in given.find_all(*_DATA):
        body += ("&" if body and name != "json" else "") + _datum(name, value)
    return body


def _datum(name: str, value: str) -> str:
    if name == "data-urlencode":
        return _encode(name, value)
    if name != "data-raw" and value.startswith("@"):
        raise _file_error(name, value)
    return value


def _url_query(given: Options) -> str:
    """The query of --url-query, which is encoded unless it begins with +."""
    values = (value for _, value in given.find_all("url-query"))
    return "&".join(value[1:] if value.startswith("+") else _encode("url-query", value) for value in values)


def _encode(name: str, value: str) -> str:
    """Encode `content`, `=content` or `name=content`, whose name stays as it is."""
    key, equals, content = value.partition("=")
    if not equals and "@" in value:
        raise _file_error(name, value)
    key, content = (key, content) if equals else ("", value)
    return f"{key}{'=' if key else ''}{quote_plus(content, safe='', errors='surrogateescape')}"


def _headers(parts: SplitResult, given: Options, *, has_body: bool) -> Iterator[str]:
    """The headers: those of -H, and those that it does not replace or leave out."""
    own = [value for _, value in given.find_all("header")]
    if file := next((value for value in own if value.startswith("@")), ""):
        raise _file_error("header", file)
    yield from (value for value in own if value.partition(":")[2].strip())
    yield from (f"{value[:-1]}:" for value in own if value.endswith(";") and ":" not in value)
    named = {value.partition(":")[0].strip(" ;").lower() for value in own}
    is_json = bool(given.find_all("json"))
    added = {
        "host": parts.netloc.rpartition("@")[2].removesuffix(_DEFAULT_PORTS.get(parts.scheme, "\0")),
        "accept": "application/json" if is_json else "",
        "cookie": _cookie(given),
        "range": _range(given),
        "user-agent": given.last("user-agent"),
        "referer": given.last("referer").partition(";auto")[0],
        "authorization": _authorization(parts, given),
        "content-type": has_body and ("application/json" if is_json else "application/x-www-form-urlencoded"),
    }
    yield from (f"{name}: {value}" for name, value in added.items() if value and name not in named)


def _cookie(given: Options) -> str:
    values = [value for _, value in given.find_all("cookie") if value]
    if file := next((value for value in values if "=" not in value), ""):
        raise _file_error("cookie", file)
    return "; ".join(values)


def _range(given: Options) -> str:
    offset = given.last("continue-at").strip("-")
    wanted = given.last("range") or (offset and f"{offset}-")
    return wanted and f"bytes={wanted}"


def _authorization(parts: SplitResult, given: Options) -> str:
    if token := given.last("oauth2-bearer"):
        return f"Bearer {token}"
    user = given.last("user")
    if user and ":" not in user:
        raise CurlError(f"{label('user')}: has no password, for which curl asks")
    user = user or unquote(parts.netloc.rpartition("@")[0])
    if not user or any(given.is_set(name) for name in _LATER_CREDENTIALS):
        return ""
    pair = user if ":" in user else f"{user}:"
    return f"Basic {base64.b64encode(pair.encode(errors='surrogateescape')).decode()}"


def _file_error(name: str, value: str) -> CurlError:
    return CurlError(f"{label(name)} {value}: files are not read here")


def _to_posix(piece: re.Match[str]) -> str:
    """Turn what shlex does not know into what it does: $'…', and a line that goes on in the next."""
    if piece["ansi"] is not None:
        return shlex.quote(_ESCAPE.sub(_unescape, piece["ansi"]))
    return " " if piece["continued"] else piece[0]


def _unescape(escape: re.Match[str]) -> str:
    """Return characters of $'…' as bash has them; browsers write those beyond 16 bits as two."""
    if escape[1]:
        return bytes.fromhex(escape[1].replace("\\u", "")).decode("utf-16-be", "replace")
    return _ESCAPES.get(escape[2], escape[0])
