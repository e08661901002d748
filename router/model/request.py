"""A viewer request as a strategy sees it, without CloudFront's dicts."""

from __future__ import annotations

import binascii

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence


class BodyError(ValueError):
    """The body's `data` is not what its `encoding` says."""


class Body:
    """The request body as the trigger saw it: at most 1 MB at origin triggers.

    Source: "Lambda@Edge event structure" (inputTruncated) and "Restrictions on Lambda@Edge".
    """

    __slots__ = ("data", "encoding", "is_truncated")

    def __init__(self, data: str, encoding: str = "base64", is_truncated: bool = False) -> None:
        self.data = data
        self.encoding = encoding
        self.is_truncated = is_truncated

    def content(self) -> bytes:
        """The bytes the viewer sent; `BodyError` where the base64 is broken."""
        if self.encoding == "text":
            return self.data.encode("utf-8", "surrogatepass")
        try:
            return binascii.a2b_base64(self.data, strict_mode=True)
        except ValueError as error:
            raise BodyError("the body is not valid base64") from error


class Request:
    """One viewer request. Header names are lower-case; a header may come several times.

    `request_id` is CloudFront's id of the request, the same in all triggers; `region` is where the function runs.
    `steps` collects what was looked at, in order, for `edge-router explain`; it is never logged.
    `values_of`, in place of `headers`, returns the values of a lower-case name: most headers are never asked for.
    """

    __slots__ = (
        "_query",
        "_values_of",
        "body",
        "client_ip",
        "method",
        "path",
        "query_string",
        "region",
        "request_id",
        "steps",
    )

    def __init__(
        self,
        *,
        method: str = "GET",
        path: str = "/",
        query_string: str = "",
        headers: Mapping[str, str | Sequence[str]] | None = None,
        body: Body | None = None,
        client_ip: str = "",
        request_id: str = "",
        region: str = "",
        values_of: Callable[[str], Sequence[str]] | None = None,
    ) -> None:
        self.method = method
        self.path = path
        self.query_string = query_string
        self.body = body
        self.client_ip = client_ip
        self.request_id = request_id
        self.region = region
        self.steps: list[tuple[str, str]] = []
        self._values_of = values_of or _look_up(headers or {})
        self._query: dict[str, str] | None = None

    def header(self, name: str) -> str | None:
        """The first value of a header, or None."""
        values = self._values_of(name.lower())
        return values[0] if values else None

    def cookie(self, name: str) -> str | None:
        """The value of a cookie, or None; of several with one name the first, the most specific (RFC 6265 §5.4)."""
        return next(self.cookies(name), None)

    def cookies(self, name: str) -> Iterator[str]:
        """The values of all cookies with one name, whose order means little (RFC 6265 §4.2.2)."""
        return find_cookies(self._values_of("cookie"), name)

    def query(self, name: str) -> str | None:
        """The first, percent-decoded value of a query parameter, or None."""
        if self._query is None:
            self._query = _parse_query(self.query_string)
        return self._query.get(name)

    @property
    def is_subrequest(self) -> bool:
        """True for a request that a page makes: by Sec-Fetch-Mode all but navigations; without it a preflight only.

        Clients without Sec-Fetch-Mode, such as curl, native applications and old browsers, may have no page.
        """
        mode = self.header("sec-fetch-mode")
        if mode:
            return mode != "navigate"
        return self.method == "OPTIONS" and bool(self.header("access-control-request-method"))

    def step(self, looked_at: str, found: str) -> None:
        """Note one thing that was looked at and what came of it."""
        self.steps.append((looked_at, found))


def _look_up(headers: Mapping[str, str | Sequence[str]]) -> Callable[[str], Sequence[str]]:
    lowered = {name.lower(): [values] if isinstance(values, str) else list(values) for name, values in headers.items()}
    return lambda name: lowered.get(name, ())


def find_cookies(headers: Iterable[str], name: str) -> Iterator[str]:
    """The values of a cookie over all Cookie headers, each with one pair or several (RFC 6265 §4.2).

    A value loses one pair of enclosing double quotes, as §4.1.1 allows them around it; a pair without a name or without
    "=" is skipped.
    """
    for header in headers:
        if name not in header:
            continue
        for pair in header.split(";"):
            found, equals, value = pair.partition("=")
            if equals and found.strip(" \t") == name:
                value = value.strip(" \t")
                yield value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def _parse_query(query_string: str) -> dict[str, str]:
    from urllib.parse import unquote_plus  # here, for 2 ms that most strategies need not pay

    parameters: dict[str, str] = {}
    for pair in query_string.split("&"):
        name, _, value = pair.partition("=")
        if name:
            parameters.setdefault(unquote_plus(name), unquote_plus(value))
    return parameters
