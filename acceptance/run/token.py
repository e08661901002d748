"""JSON Web Tokens, as the strategy jwt-iat of a stack reads them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from acceptance.format.request import Token
from acceptance.run.place import SetUpError


class Expand(Protocol):
    """Replaces variables in a text, or in all texts of a JSON value."""

    def __call__(self, text: str) -> str: ...

    def deep(self, value: Any) -> Any: ...


def make_token(token: Token, options: Any, expand: Expand, clock: Callable[[], float] = time.time) -> str:
    """Return a signed token; `options` are those of jwt-iat. SetUpError where there is no key to sign with."""
    if options is None:
        raise SetUpError("token needs the options of jwt-iat: name the stack with --stack, and give it a jwtIat section")
    key = expand(token.key) or (options.secret if options.algorithm == "HS256" else "")
    if not key:
        raise SetUpError(f"token needs a key: the stack verifies {options.algorithm} and has no private key to sign with")
    claims: dict[str, Any] = {
        "sub": expand(token.subject),
        "iat": int(token.issued_at),
        "exp": int(clock() + token.expires_in),
        **({"iss": options.issuer} if options.issuer else {}),
        **({options.audience_claims[0]: options.audience} if options.audience else {}),
        **expand.deep(token.claims),
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
