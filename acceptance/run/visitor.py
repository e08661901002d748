"""Visitors: what the file says of them, and the cookies that they keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from acceptance.format.suite import Visitor


class Person:
    """A visitor: what the file says of them, and a cookie jar. `version` is the one that responded first."""

    def __init__(self, visitor: Visitor, secure_protocols: Sequence[str]) -> None:
        self.visitor = visitor
        self.version: str | None = None
        self._jar = httpx.Cookies(CookieJar(DefaultCookiePolicy(secure_protocols=secure_protocols)))

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies in the jar, and those that the file gives."""
        return {**self.visitor.cookies, **{cookie.name: cookie.value or "" for cookie in self._jar.jar}}

    def cookie_line(self, shadow: httpx.Request, more: Mapping[str, str]) -> str:
        """Return the Cookie header; the jar's cookies win over those of the file, the request's over both."""
        self._jar.set_cookie_header(shadow)
        kept = dict(pair.partition("=")[::2] for pair in shadow.headers.get("cookie", "").split("; ") if pair)
        return "; ".join(f"{name}={value}" for name, value in {**self.visitor.cookies, **kept, **more}.items())

    def keep(self, shadow: httpx.Request, response: httpx.Response) -> None:
        """Keep the cookies that a response sets."""
        cookies = [("set-cookie", line) for line in response.headers.get_list("set-cookie")]
        self._jar.extract_cookies(httpx.Response(response.status_code, headers=cookies, request=shadow))
