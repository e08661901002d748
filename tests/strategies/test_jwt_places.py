"""Where a request carries its token: spellings of cookies, chunks, and which of several candidates is read."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from router.model.request import Request
from strategies.jwt_iat import JwtIat, Options
from tests.strategies.fakes import errors_of
from tests.strategies.test_jwt_iat import CLAIMS, SECRET, encode, options, raw_token, strategy, unverified_strategy

TOKEN = encode(CLAIMS)
OPAQUE = "2YotnFZFEjr1zCsicMWpAA"


def reason(cookie: str = "", authorization: str = "", **changes: Any) -> str:
    given = {"cookie": cookie, "authorization": authorization}
    headers = {name: value for name, value in given.items() if value}
    return strategy(**({"cookie": "id"} | changes)).choose(Request(headers=headers)).reason


def chunks(*values: str, start: int = 0) -> str:
    return "; ".join(f"id.{index}={value}" for index, value in enumerate(values, start))


@pytest.mark.parametrize(
    "value",
    [
        f"Bearer {TOKEN}",
        f"bearer  {TOKEN}",
        f"Bearer%20{TOKEN}",
        f'"{TOKEN}"',
        f'"Bearer {TOKEN}"',
        f"%22{TOKEN}%22",
        f"%22Bearer%20{TOKEN}%22",
        quote(TOKEN.replace(".", "%2E"), safe="%"),
        "".join(f"%{ord(character):02x}" for character in TOKEN),
    ],
)
def test_a_cookie_may_be_encoded_quoted_and_name_the_scheme(value: str) -> None:
    assert reason(f"a=b; id={value}") == "issued-after-release"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Bearer ", "malformed-token"),
        ("Bearer%20", "malformed-token"),
        ("Basic dXNlcjpwYXNz", "malformed-token"),
        (f"%2522{TOKEN}%2522", "malformed-token"),
        (f"{TOKEN}%", "malformed-token"),
        (f"%ff{TOKEN}", "malformed-token"),
        (f"{TOKEN}%00", "malformed-token"),
        ("%41" * 8_192, "malformed-token"),
        ("%41" * 8_193, "oversized-token"),
        ("%" * 24_577, "oversized-token"),
    ],
)
def test_a_cookie_is_decoded_once_and_within_the_limit(value: str, expected: str) -> None:
    assert reason(f"id={value}") == expected


def test_chunks_are_joined_in_order_where_the_cookie_itself_is_missing() -> None:
    parts = TOKEN[:40], TOKEN[40:80], TOKEN[80:]
    assert reason(chunks(*parts), chunked_cookie=True) == "issued-after-release"
    backwards = "; ".join(reversed(chunks(*parts).split("; ")))
    assert reason(backwards, chunked_cookie=True) == "issued-after-release"
    assert reason(chunks(*parts)) == "no-token"
    assert reason(f"{chunks(*parts)}; id=x", chunked_cookie=True) == "malformed-token"
    assert reason(f"{chunks('x', 'y', 'z')}; id={TOKEN}", chunked_cookie=True) == "issued-after-release"
    assert reason(chunks(*parts[:2]), chunked_cookie=True) == "malformed-token"
    assert reason(chunks(*parts, start=1), chunked_cookie=True) == "no-token"
    assert reason(chunks(f"Bearer%20{parts[0]}", *parts[1:]), chunked_cookie=True) == "issued-after-release"


def test_at_most_16_chunks_are_joined_within_the_limit_of_a_token() -> None:
    fifteen = list(TOKEN[:15])
    assert reason(chunks(*fifteen, TOKEN[15:]), chunked_cookie=True) == "issued-after-release"
    assert reason(chunks(*fifteen, TOKEN[15:80], TOKEN[80:]), chunked_cookie=True) != "issued-after-release"
    assert reason(chunks("x" * 4_000, "x" * 4_000, "x" * 192), chunked_cookie=True) == "malformed-token"
    assert reason(chunks("x" * 4_000, "x" * 4_000, "x" * 193), chunked_cookie=True) == "oversized-token"


@pytest.mark.parametrize(
    ("authorization", "cookie", "expected"),
    [
        (f"Bearer {OPAQUE}", f"id={TOKEN}", "issued-after-release"),
        ("Bearer a.b.c.d.e", f"id={TOKEN}", "issued-after-release"),
        (f"Bearer {OPAQUE}", f"id={OPAQUE}", "malformed-token"),
        (f"Bearer {OPAQUE}", "a=b", "malformed-token"),
        (f"Bearer {'x' * 8_193}", "a=b", "oversized-token"),
        (f"Bearer {'x' * 8_193}", f"id={TOKEN}", "issued-after-release"),
        (f"Bearer {TOKEN}", f"id={OPAQUE}", "issued-after-release"),
        (f"Bearer {raw_token({'alg': 'none'}, CLAIMS)}", f"id={TOKEN}", "wrong-algorithm"),
    ],
)
def test_an_opaque_header_gives_way_to_a_cookie_with_a_token(authorization: str, cookie: str, expected: str) -> None:
    assert reason(cookie, authorization) == expected


def test_the_header_of_another_name_gives_way_too() -> None:
    chosen = strategy(header="x-id-token", cookie="id")
    request = Request(headers={"x-id-token": OPAQUE, "cookie": f"id={TOKEN}"})
    assert chosen.choose(request).reason == "issued-after-release"


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"client_id": "shop"}, "issued-after-release"),
        ({"aud": "shop"}, "issued-after-release"),
        ({"aud": ["api"], "client_id": "shop"}, "issued-after-release"),
        ({"client_id": "shopping"}, "wrong-audience"),
        ({"client_id": 1}, "wrong-audience"),
        ({}, "wrong-audience"),
    ],
)
def test_the_audience_may_be_the_client_of_an_access_token(claims: dict[str, object], expected: str) -> None:
    request = Request(headers={"authorization": f"Bearer {raw_token({'alg': 'HS256'}, CLAIMS | claims)}"})
    chosen = unverified_strategy(audience="shop", audience_claims=("aud", "client_id"))
    assert chosen.choose(request).reason == expected
    only_client = unverified_strategy(audience="shop", audience_claims=("client_id",))
    by_client = claims.get("client_id") == "shop"
    assert only_client.choose(request).reason == ("issued-after-release" if by_client else "wrong-audience")


def test_by_default_a_client_is_no_audience() -> None:
    token = raw_token({"alg": "HS256"}, CLAIMS | {"client_id": "shop"})
    request = Request(headers={"authorization": f"Bearer {token}"})
    assert unverified_strategy(audience="shop").choose(request).reason == "wrong-audience"


def test_mistakes_in_places_and_claims_are_named() -> None:
    fixed: dict[str, Any] = {"released_at": "2026-11-01T00:00:00Z", "algorithm": "HS256", "secret": SECRET}
    assert errors_of(Options, **fixed, chunked_cookie=True, audience_claims=("azp",)) == [
        ("chunkedCookie", "is true, but cookie is empty"),
        ("audienceClaims", "is azp: allowed is one or several of aud, client_id"),
    ]
    assert errors_of(Options, **fixed, audience_claims=()) == [
        ("audienceClaims", "is empty: allowed is one or several of aud, client_id"),
    ]


def test_needs_name_the_chunks_where_they_are_read() -> None:
    assert JwtIat.needs(options(cookie="id")).cookies == {"id"}
    chunked = JwtIat.needs(options(cookie="id", chunked_cookie=True)).cookies
    assert chunked == {"id", *(f"id.{index}" for index in range(16))}
