"""JWT iat: only a token that our key signed with our algorithm decides, and what it decides depends on its age."""

from __future__ import annotations

import base64
import hmac
import json
import math
import time
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import get_default_algorithms

from router.model.request import Request
from strategies.base import OptionsError
from strategies.jwt_iat import JwtIat, Options
from tests.strategies.fakes import NOW, Assigned, errors_of, make_edge

SECRET = "0123456789abcdef0123456789abcdef"
RSA_KEYS = [rsa.generate_private_key(65_537, 2_048) for _ in range(2)]
EC_KEYS = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
RELEASED = NOW - 1_000
RELEASED_AT = datetime.fromtimestamp(RELEASED, UTC).isoformat()
CLAIMS: dict[str, Any] = {"sub": "user-1", "iat": NOW - 10}


def pem(key: Any) -> str:
    public = key.public_key() if hasattr(key, "public_key") else key
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def base64_pem(content: bytes) -> str:
    return f"-----BEGIN PUBLIC KEY-----\n{base64.b64encode(content).decode()}\n-----END PUBLIC KEY-----"


def private_pem(key: Any) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def jwk(key: Any, algorithm: str, **members: object) -> dict[str, Any]:
    return {**get_default_algorithms()[algorithm].to_jwk(key.public_key(), as_dict=True), **members}


SIGNING: dict[str, Any] = {"HS256": SECRET, "RS256": RSA_KEYS[0], "ES256": EC_KEYS[0]}
VERIFYING: dict[str, dict[str, Any]] = {
    "HS256": {"secret": SECRET},
    "RS256": {"public_key": pem(RSA_KEYS[0])},
    "ES256": {"public_key": pem(EC_KEYS[0])},
}
every_algorithm = pytest.mark.parametrize("algorithm", list(SIGNING))


def options(algorithm: str = "HS256", **changes: Any) -> Options:
    return Options(**({"released_at": RELEASED_AT, "algorithm": algorithm} | VERIFYING[algorithm] | changes))


def strategy(algorithm: str = "HS256", percent: float = 100, now: float = NOW, **changes: Any) -> Assigned:
    return Assigned(JwtIat(options(algorithm, **changes), make_edge(clock=lambda: now)), percent)


def unverified_strategy(percent: float = 100, **changes: Any) -> Assigned:
    chosen = Options(released_at=RELEASED_AT, verify=False, **changes)
    return Assigned(JwtIat(chosen, make_edge()), percent)


def bearer(token: str) -> Request:
    return Request(headers={"authorization": f"Bearer {token}"}, request_id="req-1")


def encode(claims: dict[str, Any], algorithm: str = "HS256", key: Any = None, **headers: Any) -> str:
    return jwt.encode(claims, SIGNING[algorithm] if key is None else key, algorithm, headers=headers or None)


def raw_token(header: object, payload: object, signature: bytes = b"x") -> str:
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload, signature)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def reason_of(token: str, chosen: JwtIat | None = None) -> str:
    decision = (chosen or strategy()).choose(bearer(token))
    if not decision.reason.startswith("issued-"):
        assert (decision.origin, decision.bucket, decision.is_fallback) == ("stable", None, False)
    return decision.reason


@every_algorithm
def test_a_token_issued_after_the_release_takes_part_in_the_percentage_by_its_subject(algorithm: str) -> None:
    token = encode(CLAIMS, algorithm)
    decision = strategy(algorithm, percent=100).choose(bearer(token))
    assert (decision.origin, decision.reason, decision.visitor) == ("canary", "issued-after-release", "user-1")
    assert decision.bucket == strategy(algorithm).assignment.assign("user-1")[1]
    assert strategy(algorithm, percent=0).choose(bearer(token)).origin == "stable"


@every_algorithm
def test_a_token_issued_before_the_release_stays_on_stable(algorithm: str) -> None:
    decision = strategy(algorithm).choose(bearer(encode(CLAIMS | {"iat": RELEASED - 0.001}, algorithm)))
    assert (decision.origin, decision.reason, decision.bucket) == ("stable", "issued-before-release", None)
    assert decision.visitor == "user-1"


def test_a_token_issued_at_the_very_moment_of_release_takes_part() -> None:
    assert reason_of(encode(CLAIMS | {"iat": RELEASED})) == "issued-after-release"


@every_algorithm
def test_a_token_of_another_key_is_not_trusted(algorithm: str) -> None:
    other = {"HS256": SECRET[::-1], "RS256": RSA_KEYS[1], "ES256": EC_KEYS[1]}[algorithm]
    assert reason_of(encode(CLAIMS, algorithm, other), strategy(algorithm)) == "bad-signature"


@every_algorithm
def test_a_token_whose_payload_was_exchanged_is_not_trusted(algorithm: str) -> None:
    head, _, signature = encode(CLAIMS | {"iat": RELEASED - 1}, algorithm).split(".")
    payload = encode(CLAIMS, algorithm).split(".")[1]
    assert reason_of(f"{head}.{payload}.{signature}", strategy(algorithm)) == "bad-signature"


@every_algorithm
@pytest.mark.parametrize("given", ["none", "None", "NONE", "hs256", "HS512", "RS512", "ES384", "", None, 1, ["HS256"]])
def test_the_algorithm_never_comes_from_the_token(algorithm: str, given: object) -> None:
    for signature in (b"", b"x"):
        assert reason_of(raw_token({"alg": given}, CLAIMS, signature), strategy(algorithm)) == "wrong-algorithm"


def test_a_public_key_is_no_hmac_secret() -> None:
    """The classic confusion: sign with HS256, the secret being the RS256 key that everybody can read."""
    unsigned = raw_token({"alg": "HS256", "typ": "JWT"}, CLAIMS, b"").rstrip(".")
    digest = hmac.digest(pem(RSA_KEYS[0]).encode(), unsigned.encode(), "sha256")
    token = f"{unsigned}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
    assert reason_of(token, strategy("RS256")) == "wrong-algorithm"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": NOW - 30}, "expired-token"),
        ({"exp": NOW - 29}, "issued-after-release"),
        ({"nbf": NOW + 31}, "not-yet-valid"),
        ({"nbf": NOW + 30}, "issued-after-release"),
        ({"iat": NOW + 31}, "future-iat"),
        ({"iat": NOW + 30}, "issued-after-release"),
        ({"iat": int(NOW)}, "issued-after-release"),
        ({"iat": None}, "malformed-iat"),
        ({"exp": None}, "malformed-exp"),
        ({"nbf": None}, "malformed-nbf"),
        ({"iat": True}, "malformed-iat"),
        ({"iat": str(NOW)}, "malformed-iat"),
        ({"iat": -1}, "malformed-iat"),
        ({"iat": NOW * 1_000}, "malformed-iat"),
        ({"iat": 10**400}, "malformed-iat"),
        ({"iat": math.inf}, "malformed-token"),
        ({"iat": math.nan}, "malformed-token"),
        ({"iat": [NOW]}, "malformed-iat"),
        ({"exp": "tomorrow"}, "malformed-exp"),
        ({"nbf": {}}, "malformed-nbf"),
        ({"sub": 7}, "malformed-sub"),
        ({"sub": ""}, "missing-sub"),
    ],
)
def test_claims_are_checked_with_the_leeway_verified_or_not(changes: dict[str, Any], reason: str) -> None:
    claims = CLAIMS | changes
    key = base64.urlsafe_b64encode(SECRET.encode()).decode()
    signed = jwt.PyJWS().encode(json.dumps(claims).encode(), jwt.PyJWK({"kty": "oct", "k": key}, "HS256"), "HS256")
    assert reason_of(signed) == reason
    assert reason_of(raw_token({"alg": "HS256"}, claims), unverified_strategy()) == reason


def test_a_token_without_iat_or_sub_goes_to_stable() -> None:
    assert reason_of(encode({"sub": "user-1"})) == "missing-iat"
    decision = strategy(percent=100).choose(bearer(encode({"iat": NOW})))
    assert (decision.origin, decision.reason, decision.visitor) == ("stable", "missing-sub", "")


@pytest.mark.parametrize(
    ("issuer", "reason"),
    [
        ("https://i.example.com", "issued-after-release"),
        ("https://i.example.com/", "wrong-issuer"),
        (None, "wrong-issuer"),
    ],
)
def test_the_issuer_is_checked_where_the_options_name_one(issuer: str | None, reason: str) -> None:
    token = encode(CLAIMS | ({"iss": issuer} if issuer else {}))
    assert reason_of(token, strategy(issuer="https://i.example.com")) == reason
    assert reason_of(token) == "issued-after-release"


@pytest.mark.parametrize(
    ("audience", "reason"),
    [
        ("shop", "issued-after-release"),
        (["api", "shop"], "issued-after-release"),
        ("shopping", "wrong-audience"),
        (["api"], "wrong-audience"),
        ([], "wrong-audience"),
        ([["shop"]], "wrong-audience"),
        ({"shop": 1}, "wrong-audience"),
        (None, "wrong-audience"),
    ],
)
def test_the_audience_is_checked_where_the_options_name_one(audience: object, reason: str) -> None:
    token = raw_token({"alg": "HS256"}, CLAIMS | {"aud": audience})
    assert reason_of(token, unverified_strategy(audience="shop")) == reason
    assert reason_of(token, unverified_strategy()) == "issued-after-release"


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "..",
        "a.b",
        "a.b.c.d",
        "é.é.é",
        "\ud800.a.b",
        raw_token(b"[]", CLAIMS),
        raw_token(b"{", CLAIMS),
        raw_token(b"[" * 3_000, CLAIMS),
        raw_token(b"\xff\xff", CLAIMS),
        f"!!!.{raw_token({'alg': 'HS256'}, CLAIMS)}",
    ],
)
def test_a_malformed_token_is_named_so(token: str) -> None:
    assert reason_of(token) == "malformed-token"
    assert reason_of(token, unverified_strategy()) == "malformed-token"


CONSTANTS = [b'{"sub": "u", "iat": 1, "x": %s}' % name for name in (b"NaN", b"Infinity", b"-Infinity")]
"""Python reads them, and JSON has none of them (RFC 8259 §6)."""


@pytest.mark.parametrize("payload", [b"[]", b"null", b"{", b"[" * 3_000, b'"x"', b"\xff", b"1" * 5_000, *CONSTANTS])
def test_a_payload_that_is_no_object_is_malformed_even_signed(payload: bytes) -> None:
    assert reason_of(jwt.PyJWS().encode(payload, SECRET, "HS256")) == "malformed-token"
    assert reason_of(raw_token({"alg": "HS256"}, payload), unverified_strategy()) == "malformed-token"


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"crit": ["exp-policy"], "exp-policy": 1}, "malformed-token"),
        ({"crit": []}, "malformed-token"),
        ({"crit": None}, "malformed-token"),
        ({"crit": "b64", "b64": True}, "malformed-token"),
        ({"crit": ["b64"]}, "malformed-token"),
        ({"crit": ["b64"], "b64": False}, "malformed-token"),
        ({"crit": ["b64", []], "b64": True}, "malformed-token"),
        *(({"b64": value}, "malformed-token") for value in (False, 0, "false", None)),
        ({"cty": "JWT"}, "malformed-token"),
        ({"cty": "jwt"}, "malformed-token"),
        ({"cty": "json"}, "issued-after-release"),
        ({"kid": None}, "malformed-token"),
        ({"kid": 1}, "malformed-token"),
        ({"crit": ["b64"], "b64": True}, "issued-after-release"),
        ({"b64": True}, "issued-after-release"),
        ({"kid": "any"}, "issued-after-release"),
    ],
)
def test_an_extension_that_must_be_understood_is_refused(members: dict[str, Any], reason: str) -> None:
    """`crit` (RFC 7515 §4.1.11), and a payload that is not base64url (RFC 7797)."""
    unsigned = raw_token({"alg": "HS256", **members}, CLAIMS, b"")
    assert reason_of(sign_hs256(unsigned)) == reason


def sign_hs256(unsigned: str) -> str:
    digest = hmac.digest(SECRET.encode(), unsigned.rstrip(".").encode(), "sha256")
    return f"{unsigned.rstrip('.')}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


@every_algorithm
def test_a_segment_has_one_spelling(algorithm: str) -> None:
    """Bits of the last letter that no octet holds are zero: a second spelling of a signature is none."""
    token = encode(CLAIMS, algorithm)
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".index(token[-1])
    assert reason_of(token, strategy(algorithm)) == "issued-after-release"
    other = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last + 1]
    assert reason_of(token[:-1] + other, strategy(algorithm)) == "malformed-token"


@pytest.mark.parametrize("length", [0, 63, 65, 72])
def test_a_signature_of_es256_has_64_bytes(length: int) -> None:
    head, payload, signature = encode(CLAIMS, "ES256").split(".")
    content = base64.urlsafe_b64decode(signature + "==").ljust(72, b"\0")[:length]
    spoiled = base64.urlsafe_b64encode(content).decode().rstrip("=")
    assert reason_of(f"{head}.{payload}.{spoiled}", strategy("ES256")) == "bad-signature"


def test_an_oversized_token_is_not_even_read() -> None:
    assert reason_of("x" * 8_193) == "oversized-token"
    assert reason_of("x" * 8_192) == "malformed-token"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_case_insensitive(scheme: str) -> None:
    request = Request(headers={"authorization": f"{scheme}  {encode(CLAIMS)} "})
    assert strategy().choose(request).reason == "issued-after-release"


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Token abc"])
def test_without_a_bearer_token_the_request_goes_to_stable(value: str) -> None:
    decision = strategy().choose(Request(headers={"authorization": value}))
    assert (decision.origin, decision.reason, decision.visitor) == ("stable", "no-token", "")
    assert strategy().choose(Request()).reason == "no-token"


def test_another_header_may_hold_the_bare_token() -> None:
    chosen = strategy(header="X-Id-Token")
    assert chosen.choose(Request(headers={"x-id-token": encode(CLAIMS)})).reason == "issued-after-release"
    assert chosen.choose(Request(headers={"x-id-token": f"Bearer {encode(CLAIMS)}"})).reason == "issued-after-release"
    assert chosen.choose(bearer(encode(CLAIMS))).reason == "no-token"


def test_the_cookie_is_read_where_the_header_has_no_token() -> None:
    chosen = strategy(cookie="id")
    cookie = f"a=b; id={encode(CLAIMS)}"
    assert chosen.choose(Request(headers={"cookie": cookie})).reason == "issued-after-release"
    both = {"cookie": cookie, "authorization": "Basic x"}
    assert chosen.choose(Request(headers=both)).reason == "issued-after-release"
    assert chosen.choose(Request(headers=both | {"authorization": "Bearer a.b.c"})).reason == "malformed-token"
    assert strategy(header="", cookie="id").choose(bearer(encode(CLAIMS))).reason == "no-token"


def test_the_kid_selects_among_rotating_keys() -> None:
    keys = [jwk(RSA_KEYS[0], "RS256", kid="new"), jwk(RSA_KEYS[1], "RS256", kid="old")]
    chosen = strategy("RS256", public_key="", jwks={"keys": keys})
    for key, kid, reason in [
        (RSA_KEYS[0], "new", "issued-after-release"),
        (RSA_KEYS[1], "old", "issued-after-release"),
        (RSA_KEYS[0], "old", "bad-signature"),
        (RSA_KEYS[0], "gone", "unknown-key"),
    ]:
        assert reason_of(encode(CLAIMS, "RS256", key, kid=kid), chosen) == reason
    assert reason_of(encode(CLAIMS, "RS256", RSA_KEYS[1]), chosen) == "issued-after-release"
    assert reason_of(raw_token({"alg": "RS256", "kid": ["new"]}, CLAIMS), chosen) == "unknown-key"


def test_a_key_without_kid_is_tried_for_any_token() -> None:
    keys = [jwk(EC_KEYS[0], "ES256", kid="a"), jwk(EC_KEYS[1], "ES256")]
    chosen = strategy("ES256", public_key="", jwks=json.dumps({"keys": keys}))
    assert reason_of(encode(CLAIMS, "ES256", EC_KEYS[1], kid="b"), chosen) == "issued-after-release"
    assert reason_of(encode(CLAIMS, "ES256", EC_KEYS[0], kid="b"), chosen) == "bad-signature"


def test_keys_for_something_else_in_a_set_are_skipped() -> None:
    foreign = [jwk(EC_KEYS[0], "ES256"), jwk(RSA_KEYS[1], "RS256", use="enc"), jwk(RSA_KEYS[1], "RS256", alg="RS512")]
    chosen = strategy("RS256", public_key="", jwks={"keys": [*foreign, jwk(RSA_KEYS[0], "RS256", use="sig")]})
    assert reason_of(encode(CLAIMS, "RS256"), chosen) == "issued-after-release"
    assert reason_of(encode(CLAIMS, "RS256", RSA_KEYS[1]), chosen) == "bad-signature"


def test_a_set_of_secrets_rotates_too() -> None:
    newer = base64.urlsafe_b64encode(b"n" * 32).decode().rstrip("=")
    older = base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("=")
    chosen = strategy(secret="", jwks={"keys": [{"kty": "oct", "k": newer}, {"kty": "oct", "k": older}]})
    assert reason_of(encode(CLAIMS), chosen) == "issued-after-release"


def test_unverified_tokens_are_read_whoever_signed_them_and_preview_says_so() -> None:
    token = raw_token({"alg": "none"}, CLAIMS)
    assert reason_of(token, unverified_strategy()) == "issued-after-release"
    assert JwtIat.warnings(options()) == []
    assert JwtIat.warnings(Options(released_at=RELEASED_AT, verify=False)) == [
        "verify is false: anyone can write a token that reaches the canary or avoids it."
        " Use it for tokens that a trusted party in front has verified, and never to keep anyone out of an origin"
    ]


def test_needs_are_the_places_of_the_token_and_the_packages_that_verify_it() -> None:
    assert JwtIat.needs(options("HS256")).packages == ()
    assert JwtIat.needs(options("RS256")).packages == ("cryptography",)
    assert JwtIat.needs(options("ES256")).packages == ("cryptography",)
    needs = JwtIat.needs(Options(released_at=RELEASED_AT, verify=False, header="X-Token", cookie="id"))
    assert (needs.packages, needs.headers, needs.cookies) == ((), {"x-token"}, {"id"})
    assert needs.table is None
    assert JwtIat.needs(options(header="", cookie="id")).headers == frozenset()


@pytest.mark.parametrize(
    "text", ["2026-11-01T00:00:00Z", "2026-11-01T01:00:00+01:00", "2026-11-01 00:00:00.000+00:00", "20261101T000000Z"]
)
def test_a_release_date_has_an_offset(text: str) -> None:
    chosen = Assigned(JwtIat(Options(released_at=text, verify=False), make_edge(clock=lambda: 1_800_000_000)), 100)
    moment = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    assert reason_of(raw_token({}, CLAIMS | {"iat": moment}), chosen) == "issued-after-release"
    assert reason_of(raw_token({}, CLAIMS | {"iat": moment - 1}), chosen) == "issued-before-release"


@pytest.mark.parametrize(
    "text", ["2026-11-01", "2026-11-01T00:00:00", "tomorrow", "1790000000", "2026-13-01T00:00:00Z"]
)
def test_a_release_date_without_an_offset_is_an_error(text: str) -> None:
    assert errors_of(Options, released_at=text, verify=False) == [
        (
            "releasedAt",
            f"is {text!r}: allowed is a date and time with its offset (RFC 3339) such as 2026-11-01T00:00:00Z",
        )
    ]


def test_mistakes_are_named_all_at_once() -> None:
    assert errors_of(Options, header="", leeway_seconds=-1) == [
        ("header", "is empty and so is cookie: one of them has to hold the token"),
        ("releasedAt", "is missing: it is a date and time with its offset (RFC 3339) such as 2026-11-01T00:00:00Z"),
        ("leewaySeconds", "is -1: allowed is 0 to 600 seconds"),
        ("publicKey", "is missing: RS256 verifies with a public key in PEM, or with jwks"),
    ]
    assert errors_of(Options, released_at=RELEASED_AT, algorithm="none") == [
        ("algorithm", "is 'none': allowed is HS256, RS256, ES256")
    ]


SMALL_RSA = rsa.generate_private_key(65_537, 1_024)
P384 = ec.generate_private_key(ec.SECP384R1())
NO_PEM = "is not a PEM public key: it begins with -----BEGIN PUBLIC KEY----- and ends with -----END PUBLIC KEY-----"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----"
OCT = {"kty": "oct", "k": base64.urlsafe_b64encode(b"s" * 31).decode().rstrip("=")}


def der(key: Any, format: serialization.PublicFormat = serialization.PublicFormat.SubjectPublicKeyInfo) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, format)


JWK_TEXT = json.dumps([{"nested": [jwk(EC_KEYS[0], "ES256")]}])
NO_SECRETS = [
    *(b"padding\n" + pem(RSA_KEYS[0]).encode(), der(RSA_KEYS[0]), der(EC_KEYS[0]), der(P384)),
    *(der(RSA_KEYS[0], serialization.PublicFormat.PKCS1), b"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQD"),
    *(JWK_TEXT.encode(encoding) for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32-le")),
    b'{"a":' * 5_000,
]
"""What anybody may know: keys of other kinds."""
SECRETS = [
    *(b"-----BEGIN PUBLIC KEY-----" * 2, b"{" * 32, b"[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]", b"[" * 5_000, b"0" * 32),
    b'{"n":' + b"9" * 6_000 + b"}",
]
"""What only begins as such a key does."""


@pytest.mark.parametrize("content", SECRETS, ids=range(len(SECRETS)))
def test_a_secret_that_only_begins_as_a_key_does_is_one(content: bytes) -> None:
    secret = {"kty": "oct", "k": base64.urlsafe_b64encode(content).decode()}
    assert reason_of(encode_with(content), strategy(secret="", jwks={"keys": [secret]})) == "issued-after-release"


def encode_with(secret: bytes) -> str:
    """A token that PyJWT signs, whatever it thinks of the secret."""
    key = jwt.PyJWK({"kty": "oct", "k": base64.urlsafe_b64encode(secret).decode()}, "HS256")
    return jwt.encode(CLAIMS, key, "HS256")


@pytest.mark.parametrize(
    ("algorithm", "changes", "problem"),
    [
        (
            "HS256",
            {"secret": ""},
            ("secret", "is missing: HS256 verifies with a secret of at least 32 bytes, or with jwks"),
        ),
        ("HS256", {"secret": "s" * 31}, ("secret", "has 31 bytes: HS256 needs at least 32 (RFC 7518 §3.2)")),
        (
            "HS256",
            {"public_key": "x"},
            ("publicKey", "is set, but HS256 verifies with a secret of at least 32 bytes, or with jwks"),
        ),
        (
            "HS256",
            {"secret": pem(RSA_KEYS[0])},
            ("secret", "looks like a public key or a JWK: HS256 needs a shared secret; a JWK belongs in jwks"),
        ),
        ("HS256", {"jwks": {"keys": [OCT | {"k": "eHg" * 20}]}}, ("jwks", "is set beside secret: give one of them")),
        (
            "HS256",
            {"secret": "", "jwks": {"keys": [OCT]}},
            ("jwks", "keys[0] has no k of at least 32 bytes in base64url, which HS256 needs"),
        ),
        *(
            (
                "HS256",
                {"secret": "", "jwks": {"keys": [OCT | {"k": base64.urlsafe_b64encode(content).decode()}]}},
                ("jwks", "keys[0] has a k that looks like a public key or a JWK: HS256 needs a shared secret"),
            )
            for content in NO_SECRETS
        ),
        ("RS256", {"secret": SECRET}, ("secret", "is set, but RS256 verifies with a public key in PEM, or with jwks")),
        ("RS256", {"public_key": "ssh-rsa AAAA"}, ("publicKey", NO_PEM)),
        (
            "RS256",
            {"public_key": private_pem(RSA_KEYS[0])},
            ("publicKey", "is a private key: give its public half only (openssl pkey -in key.pem -pubout)"),
        ),
        (
            "RS256",
            {"public_key": CERTIFICATE},
            ("publicKey", "is a certificate: give its public key (openssl x509 -in certificate.pem -noout -pubkey)"),
        ),
        (
            "RS256",
            {"public_key": "-----BEGIN PUBLIC KEY-----\n???\n-----END PUBLIC KEY-----"},
            ("publicKey", "cannot be read: between its BEGIN and END lines stands something that is not base64"),
        ),
        (
            "RS256",
            {"public_key": pem(EC_KEYS[0])},
            ("publicKey", "is not an RSA key of at least 2,048 bits, which RS256 needs"),
        ),
        (
            "RS256",
            {"public_key": pem(SMALL_RSA)},
            ("publicKey", "is not an RSA key of at least 2,048 bits, which RS256 needs"),
        ),
        ("ES256", {"public_key": pem(P384)}, ("publicKey", "is not an EC key on the curve P-256, which ES256 needs")),
        (
            "ES256",
            {"public_key": pem(RSA_KEYS[0])},
            ("publicKey", "is not an EC key on the curve P-256, which ES256 needs"),
        ),
        (
            "RS256",
            {"public_key": "", "jwks": "{"},
            ("jwks", "is not JSON: it is a JWK Set (RFC 7517 §5) such as {'keys': [...]}"),
        ),
        (
            "RS256",
            {"public_key": "", "jwks": {"kty": "RSA"}},
            ("jwks", "has no list `keys` of 1 to 16 keys: it is a JWK Set (RFC 7517 §5)"),
        ),
        ("RS256", {"public_key": "", "jwks": {"keys": [1]}}, ("jwks", "keys[0] is not an object")),
        (
            "RS256",
            {"public_key": "", "jwks": {"keys": [jwk(EC_KEYS[0], "ES256")]}},
            ("jwks", "has no key for RS256: one has kty RSA and use sig"),
        ),
        (
            "RS256",
            {"public_key": "", "jwks": {"keys": [jwk(SMALL_RSA, "RS256")]}},
            ("jwks", "keys[0] has no n of at least 256 bytes in base64url, which RS256 needs"),
        ),
        (
            "RS256",
            {"public_key": "", "jwks": {"keys": [jwk(RSA_KEYS[0], "RS256", d="x")]}},
            ("jwks", "keys[0] holds a private key: leave only its public members"),
        ),
        (
            "ES256",
            {"public_key": "", "jwks": {"keys": [jwk(EC_KEYS[0], "ES256", kid=1)]}},
            ("jwks", "keys[0] has a kid that is not a string"),
        ),
    ],
)
def test_a_wrong_key_is_an_error_at_preview(algorithm: str, changes: dict[str, Any], problem: tuple[str, str]) -> None:
    fields: dict[str, Any] = {"released_at": RELEASED_AT, "algorithm": algorithm} | VERIFYING[algorithm] | changes
    assert errors_of(Options, **fields) == [problem]


@pytest.mark.parametrize(
    ("algorithm", "changes", "message"),
    [
        ("HS256", {"secret": "\ud800" * 32}, "secret: cannot be used as a key for HS256"),
        (
            "RS256",
            {"public_key": "", "jwks": {"keys": [jwk(RSA_KEYS[0], "RS256", e="Ag")]}},
            "jwks: cannot be used as a key for RS256",
        ),
        (
            "RS256",
            {"public_key": base64_pem(der(RSA_KEYS[0])[:-4] + b"\x7f\x01\x00\x01")},
            "publicKey: cannot be used as a key for RS256",
        ),
        (
            "ES256",
            {
                "public_key": "",
                "jwks": {"keys": [jwk(EC_KEYS[0], "ES256", x=base64.urlsafe_b64encode(b"\x01" * 32).decode())]},
            },
            "jwks: cannot be used as a key for ES256",
        ),
    ],
)
def test_a_key_that_only_the_library_can_refuse_is_refused_at_cold_start(
    algorithm: str, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionsError) as caught:
        strategy(algorithm, **changes)
    assert str(caught.value) == message


@given(st.text(), st.text())
def test_no_error_quotes_a_secret(secret: str, key: str) -> None:
    marked = f"-----BEGIN {key}geheim"
    for algorithm in SIGNING:
        fields = {"secret": f"{secret[:8]}geheim", "public_key": marked, "jwks": marked}
        problems = errors_of(Options, released_at=RELEASED_AT, algorithm=algorithm, **fields)
        assert problems
        assert not any("geheim" in text for _, text in problems)


segments = st.one_of(
    st.text(max_size=20),
    st.binary(max_size=30).map(lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("=")),
    st.dictionaries(
        st.sampled_from(["alg", "kid", "crit", "b64", "typ"]), st.sampled_from(["HS256", 1, None, [], {}, False])
    ).map(lambda header: base64.urlsafe_b64encode(json.dumps({"alg": "HS256"} | header).encode()).decode().rstrip("=")),
)


@given(st.one_of(st.text(), st.lists(segments, min_size=3, max_size=3).map(".".join)))
def test_no_made_up_token_is_accepted_or_raises(token: str) -> None:
    assert strategy().choose(bearer(token)).origin == "stable"


dates = st.one_of(st.none(), st.integers(-5_000, 5_000).filter(lambda offset: abs(abs(offset) - 30) > 5))


@given(
    exp=dates,
    nbf=dates,
    iat=dates,
    aud=st.sampled_from([None, "shop", "api", ["api", "shop"]]),
    iss=st.sampled_from([None, "i", "j"]),
)
def test_the_checks_agree_with_pyjwt(
    exp: int | None, nbf: int | None, iat: int | None, aud: object, iss: str | None
) -> None:
    """PyJWT's own check of claims is the oracle; ours exists because PyJWT's clock cannot be handed in."""
    now = time.time()
    offsets = {"exp": exp, "nbf": nbf, "iat": iat}
    claims: dict[str, Any] = {name: int(now + offset) for name, offset in offsets.items() if offset is not None}
    claims |= {name: value for name, value in {"aud": aud, "iss": iss}.items() if value is not None}
    token = encode(claims | {"sub": "user-1"})
    try:
        jwt.decode(token, SECRET, ["HS256"], {"require": ["iat"]}, audience="shop", issuer="i", leeway=30)
        is_valid = True
    except jwt.InvalidTokenError:
        is_valid = False
    reason = reason_of(token, strategy(now=now, issuer="i", audience="shop"))
    assert reason.startswith("issued-") == is_valid, reason
