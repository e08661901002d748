"""JWT iat: a token issued before the release stays on stable, a later one takes part in the percentage; no table."""

from __future__ import annotations

from router.model import names
from router.model.decision import Decision
from router.model.record import record
from strategies.base import Edge, Needs, Strategy
from strategies.jwt_iat.claims import ClaimRules, TokenError, decode_segments, parse_date, parse_object
from strategies.jwt_iat.keys import parse_jwks, public_key_error, secret_error
from strategies.jwt_iat.signatures import load_keys, verify
from strategies.jwt_iat.tokens import MAX_TOKEN_BYTES, TokenPlaces, chunk_names
from strategies.options import first_error, require

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

    from router.model.assignment import Assignment
    from router.model.request import Request

ALGORITHMS = ("HS256", "RS256", "ES256")
AUDIENCE_CLAIMS = ("aud", "client_id")
MAX_LEEWAY_SECONDS = 600


@record
class Options:
    """The token, the release date, and exactly one of three keys for verification.

    Attributes:
        header: Header with the token; `authorization` takes the Bearer scheme only, another header also the bare
            token. `""`: none.
        cookie: Cookie with the token, read where the header has none or an opaque one, which has not three segments. It
            may be percent-encoded, quoted, and begin with `Bearer `.
        chunked_cookie: Where `cookie` is missing, joins `<cookie>.0`, `<cookie>.1` and so on, at most 16, as Auth.js
            and Auth0 write a long value.
        released_at: Date and time of the release with offset, such as `2026-11-01T00:00:00Z`.
        algorithm: Signature algorithm. It never comes from the token.
        secret: HS256: the shared secret, at least 32 bytes (RFC 7518 §3.2).
        public_key: RS256 (2,048 bits or more), ES256 (P-256): the public key in PEM.
        jwks: Any algorithm, instead of the two above: a JWK Set of up to 16 keys, as an object or as its JSON text.
        issuer: Required value of `iss`; not checked by default.
        audience: Required value of `aud`, or one of its values; not checked by default.
        audience_claims: Claims one of which has the audience: `aud`, `client_id` (access tokens of Amazon Cognito have
            no `aud`).
        leeway_seconds: Accepted clock skew for `exp`, `nbf` and `iat`.
        verify: Verifies the signature; see below.
    """

    header: str = "authorization"
    cookie: str = ""
    chunked_cookie: bool = False
    released_at: str = ""
    algorithm: str = "RS256"
    secret: str = ""
    public_key: str = ""
    jwks: dict[str, object] | str = ""
    issuer: str = ""
    audience: str = ""
    audience_claims: tuple[str, ...] = ("aud",)
    leeway_seconds: int = 30
    verify: bool = True

    def __post_init__(self) -> None:
        nowhere = "" if self.header or self.cookie else "is empty and so is cookie: one of them has to hold the token"
        unknown = "" if self.algorithm in ALGORITHMS else f"is {self.algorithm!r}: allowed is {', '.join(ALGORITHMS)}"
        require(
            header=nowhere or (self.header and names.header_name(self.header)),
            cookie=self.cookie and names.cookie_name(self.cookie),
            chunked_cookie="is true, but cookie is empty" if self.chunked_cookie and not self.cookie else "",
            released_at=_date_error(self.released_at),
            algorithm=unknown,
            audience_claims=_claims_error(self.audience_claims),
            leeway_seconds=names.within(self.leeway_seconds, 0, MAX_LEEWAY_SECONDS, "seconds"),
            **(self._key_errors() if self.verify and not unknown else {}),
        )

    def _key_errors(self) -> dict[str, str]:
        """Errors by option: the one required key, and those that must not be set."""
        given = {"secret": bool(self.secret), "public_key": bool(self.public_key), "jwks": bool(self.jwks)}
        own, other, spelled = (
            ("secret", "public_key", "a secret of at least 32 bytes")
            if self.algorithm == "HS256"
            else ("public_key", "secret", "a public key in PEM")
        )
        if not given[own] and not given["jwks"]:
            return {own: f"is missing: {self.algorithm} verifies with {spelled}, or with jwks"}
        return {
            other: f"is set, but {self.algorithm} verifies with {spelled}, or with jwks" if given[other] else "",
            "jwks": first_error(
                f"is set beside {'publicKey' if own == 'public_key' else own}: give one of them" if given[own] else "",
                parse_jwks(self.jwks, self.algorithm)[1],
            )
            if given["jwks"]
            else "",
            own: (secret_error(self.secret) if own == "secret" else public_key_error(self.public_key, self.algorithm))
            if given[own]
            else "",
        }


def _date_error(text: str) -> str:
    allowed = "a date and time with its offset (RFC 3339) such as 2026-11-01T00:00:00Z"
    if not text:
        return f"is missing: it is {allowed}"
    return "" if parse_date(text) is not None else f"is {text!r}: allowed is {allowed}"


def _claims_error(claims: tuple[str, ...]) -> str:
    if claims and set(AUDIENCE_CLAIMS).issuperset(claims):
        return ""
    return f"is {', '.join(claims) or 'empty'}: allowed is one or several of {', '.join(AUDIENCE_CLAIMS)}"


class JwtIat(Strategy):
    """Splits by the age of the visitor's token. Choose it when visitors sign in and you cannot keep state at all.

    The algorithm comes from the options, never from the token (RFC 8725 §3.1). Without a usable token, and without a
    `sub` to assign by, a request goes to the stable origin: the request id would flip the visitor at every request.

    Reasons:
        issued-after-release: by percentage, key: `sub`
        issued-before-release: `stable`
        missing-sub, malformed-sub: `stable`: by the request id the visitor would change sides at every request
        no-token: `stable`
        oversized-token: `stable`: over 8,192 bytes; it is not read
        malformed-token, wrong-algorithm, unknown-key, bad-signature: `stable`. Padding, spaces, `+` and `/` in any of
            the three segments are malformed (RFC 7515 §2)
        expired-token, not-yet-valid, wrong-issuer, wrong-audience: `stable`
        missing-iat, future-iat, malformed-iat, malformed-exp, malformed-nbf: `stable`: a date is a JSON number from 0
            to the end of the year 9999
    """

    name: ClassVar[str] = "jwt-iat"
    Options: ClassVar[type] = Options
    options: Options

    def __init__(self, options: Options, edge: Edge) -> None:
        super().__init__(options, edge)
        self._released_at = parse_date(options.released_at) or 0.0
        self._rules = ClaimRules(options.issuer, options.audience, options.leeway_seconds, options.audience_claims)
        self._places = TokenPlaces(options.header, options.cookie, options.chunked_cookie)
        if options.verify:
            # pyrefly: ignore[possibly-uninitialized-attribute]  read only where options.verify is set
            self._keys = load_keys(options.algorithm, options.secret, options.public_key, options.jwks)

    @classmethod
    def needs(cls, options: Options) -> Needs:
        return Needs(
            headers=frozenset(filter(None, (options.header.lower(),))),
            cookies=frozenset(
                filter(None, (options.cookie, *(chunk_names(options.cookie) if options.chunked_cookie else ())))
            ),
            packages=("cryptography",) if options.verify and options.algorithm != "HS256" else (),
            by_percentage=True,
        )

    @classmethod
    def warnings(cls, options: Options) -> list[str]:
        if options.verify:
            return []
        return [
            "verify is false: anyone can write a token that reaches the canary or avoids it."
            " Use it for tokens that a trusted party in front has verified, and never to keep anyone out of an origin"
        ]

    def choose(self, request: Request, assignment: Assignment, /) -> Decision:
        token = self._places.find(request)
        if not token:
            request.step("token", "none")
            return Decision("stable", "no-token")
        try:
            claims = self._read_claims(token)
            issued_at = self._rules.check(claims, self.edge.clock())
            subject = _subject(claims)
        except TokenError as error:
            request.step("token", error.reason)
            return Decision("stable", error.reason)
        request.step("token", "verified" if self.options.verify else "read without verification")
        return self._by_age(request, assignment, issued_at, subject)

    def _by_age(self, request: Request, assignment: Assignment, issued_at: float, subject: str) -> Decision:
        is_old = issued_at < self._released_at
        request.step("iat", f"{'before' if is_old else 'at or after'} {self.options.released_at}")
        if is_old:
            return Decision("stable", "issued-before-release", visitor=subject)
        if not subject:
            return Decision("stable", "missing-sub")
        origin, number = assignment.assign(subject)
        return Decision(origin, "issued-after-release", bucket=number, visitor=subject)

    def _read_claims(self, token: str) -> dict[str, Any]:
        if len(token) > MAX_TOKEN_BYTES:
            raise TokenError("oversized-token")
        if not token.isascii():
            raise TokenError("malformed-token")
        if self.options.verify:
            return parse_object(verify(token, self.options.algorithm, self._keys))
        header, payload, _ = decode_segments(token)
        parse_object(header)
        return parse_object(payload)


def _subject(claims: dict[str, Any]) -> str:
    """`sub`, or "" without one; TokenError where it is not a string (RFC 7519 §4.1.2)."""
    subject = claims.get("sub", "")
    if not isinstance(subject, str):
        raise TokenError("malformed-sub")
    return subject
