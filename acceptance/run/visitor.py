"""Visitors and the cookies that they keep; and what fills in their requests: number, body and token."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from acceptance.format.read import NUMBER, expand
from acceptance.format.request import Request, Token
from acceptance.format.suite import Visitor
from acceptance.format.values import parse_time
from acceptance.run.place import SetUpError


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


class Numbered:
    """Replaces `${number}` in the texts of a request."""

    def __init__(self, number: int) -> None:
        self._variables = {NUMBER: str(number)}

    def __call__(self, text: str) -> str:
        return str(expand(text, self._variables))

    def deep(self, value: Any) -> Any:
        """Replace it in all texts of a JSON value."""
        return expand(value, self._variables)


def make_body(request: Request, headers: dict[str, str], numbered: Numbered) -> bytes:
    """Return the body; one of JSON gets its content type."""
    if request.has_json:
        headers.setdefault("content-type", "application/json")
        return json.dumps(numbered.deep(request.json_body), ensure_ascii=False, separators=(",", ":")).encode()
    return numbered(request.body).encode() if request.body is not None else b""


def make_token(token: Token, options: Any, numbered: Numbered, clock: Callable[[], float] = time.time) -> str:
    """Return a signed token; `options` are those of jwt-iat. SetUpError where there is no key to sign with."""
    if options is None:
        raise SetUpError("token needs the stack's jwtIat section: name the stack with --stack")
    key = numbered(token.key) or (options.secret if options.algorithm == "HS256" else "")
    if not key:
        raise SetUpError(f"token needs a key: the stack verifies {options.algorithm} and has no private key")
    now = clock()
    claims: dict[str, Any] = {
        "sub": numbered(token.subject),
        "iat": int(parse_time(token.issued_at, now)),
        "exp": int(now + token.expires_in),
        **({"iss": options.issuer} if options.issuer else {}),
        **({options.audience_claims[0]: options.audience} if options.audience else {}),
        **numbered.deep(token.claims),
    }
    import jwt  # of the local edge's packages; most files have no token

    try:
        return jwt.encode(claims, key, algorithm=options.algorithm)
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise SetUpError(f"token.key cannot sign with {options.algorithm}: {error}") from error


def token_place(token: str, options: Any) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the headers and the cookies that carry a token."""
    if options.header:
        is_bearer = options.header.lower() == "authorization"
        return {options.header.lower(): f"Bearer {token}" if is_bearer else token}, {}
    return {}, {options.cookie: token}
