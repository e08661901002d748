"""Tokens and keys by the letter: base64url without padding (RFC 7515 §2), and what a JWK says that it is for."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import pytest

from tests.strategies.fakes import errors_of
from tests.strategies.test_jwt_iat import (
    CLAIMS,
    EC_KEYS,
    RELEASED_AT,
    RSA_KEYS,
    SECRET,
    Options,
    encode,
    jwk,
    reason_of,
    strategy,
    unverified_strategy,
)

HEADER, PAYLOAD, SIGNATURE = 0, 1, 2
SPOILED = [
    (place, spoiled)
    for place in (HEADER, PAYLOAD, SIGNATURE)
    for spoiled in (
        *("{}=", "{}==", "={}", " {}", "{} ", "{}\n", "{}\r\n", "\t{}", "{}\t"),
        *("{}\x00", "{}\xa0", "{}%3D", "{}+", "{}/", "{}!", "{}A"),
    )
    if not (place == HEADER and spoiled in (" {}", "\t{}")) and not (place == SIGNATURE and spoiled in ("{} ", "{}\t"))
]
"""Spaces at both ends of a header's value are not the token's."""


def sign(header: str, payload: str) -> str:
    """A token with these very segments, rightly signed."""
    signature = hmac.digest(SECRET.encode(), f"{header}.{payload}".encode("latin-1"), "sha256")
    return f"{header}.{payload}.{base64url(signature)}"


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def segment(document: object) -> str:
    """Base64url whose length a further letter makes impossible."""
    text = json.dumps(document)
    return base64url((text + " " * (-len(text) % 3)).encode())


GOOD = segment({"alg": "HS256"}), segment(CLAIMS)


def test_the_token_that_is_spoiled_below_is_good() -> None:
    assert reason_of(sign(*GOOD)) == reason_of(sign(*GOOD), unverified_strategy()) == "issued-after-release"


@pytest.mark.parametrize(("place", "spoiled"), SPOILED)
def test_a_segment_is_base64url_without_padding_and_nothing_else(place: int, spoiled: str) -> None:
    """Even where the signature is right for what stands there. `{}A` is a length that base64 has not."""
    segments = [*GOOD, ""]
    segments[place] = spoiled.format(segments[place])
    token = sign(segments[HEADER], segments[PAYLOAD])
    if place == SIGNATURE:
        signature = base64url(b"x" * 33) if spoiled == "{}A" else token.rpartition(".")[2]
        token = f"{token.rpartition('.')[0]}.{spoiled.format(signature)}"
    assert reason_of(token) == reason_of(token, unverified_strategy()) == "malformed-token"


@pytest.mark.parametrize("place", [HEADER, PAYLOAD])
def test_the_other_alphabet_is_refused(place: int) -> None:
    """`+` and `/`, where base64url has `-` and `_`."""
    document: dict[str, Any] = {"alg": "HS256"} if place == HEADER else dict(CLAIMS)
    text = json.dumps(document | {"x": "??>>~~ÿÿ"}, ensure_ascii=False)
    right = base64url((text + " " * (-len(text.encode()) % 3)).encode())
    wrong = right.replace("-", "+").replace("_", "/")
    assert right != wrong
    segments = [*GOOD]
    segments[place] = right
    assert reason_of(sign(*segments)) == "issued-after-release"
    segments[place] = wrong
    assert reason_of(sign(*segments)) == reason_of(sign(*segments), unverified_strategy()) == "malformed-token"


USABLE = [
    {},
    {"use": "sig"},
    {"key_ops": ["verify"]},
    {"key_ops": ["sign", "verify"]},
    {"key_ops": ["verify", "encrypt"]},
    {"use": "sig", "key_ops": ["verify"]},
    {"use": "sig", "key_ops": ["sign", "verify"]},
]
FOR_SOMETHING_ELSE = [
    {"use": "enc"},
    {"use": "SIG"},
    {"use": None},
    {"use": ["sig"]},
    {"use": "enc", "key_ops": ["verify"]},
]
NOT_FOR_VERIFYING = [
    {"key_ops": []},
    {"key_ops": ["sign"]},
    {"key_ops": ["encrypt", "wrapKey"]},
    {"key_ops": ["Verify"]},
    {"use": "sig", "key_ops": ["sign"]},
]
MALFORMED = [
    ({"key_ops": "verify"}, "has key_ops that are not a list of texts such as verify"),
    ({"key_ops": None}, "has key_ops that are not a list of texts such as verify"),
    ({"key_ops": ["verify", 1]}, "has key_ops that are not a list of texts such as verify"),
    ({"key_ops": {"verify": True}}, "has key_ops that are not a list of texts such as verify"),
    ({"key_ops": ["verify", "verify"]}, "has key_ops that name one operation twice"),
    (
        {"use": "sig", "key_ops": ["verify", "encrypt"]},
        "has use sig beside key_ops other than sign and verify, which contradict it",
    ),
]
OTHERS = {"HS256": {"kty": "oct", "k": base64url(b"o" * 32)}, "ES256": jwk(EC_KEYS[1], "ES256")}
KEYS: dict[str, dict[str, Any]] = {
    "HS256": {"kty": "oct", "k": base64url(SECRET.encode())},
    "RS256": jwk(RSA_KEYS[0], "RS256"),
    "ES256": jwk(EC_KEYS[0], "ES256"),
}


def key(algorithm: str, members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in KEYS[algorithm].items() if name != "key_ops"} | members


def verdict(algorithm: str, keys: list[dict[str, Any]]) -> list[tuple[str, str]]:
    given = {"released_at": RELEASED_AT, "algorithm": algorithm, "jwks": {"keys": keys}}
    return errors_of(Options, **given)


def reason_with(algorithm: str, keys: list[dict[str, Any]]) -> str:
    chosen = strategy(algorithm, secret="", public_key="", jwks={"keys": keys})
    return reason_of(encode(CLAIMS, algorithm), chosen)


@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("members", USABLE)
def test_a_key_that_may_verify_does(members: dict[str, Any], algorithm: str) -> None:
    assert verdict(algorithm, [key(algorithm, members)]) == []
    assert reason_with(algorithm, [key(algorithm, members)]) == "issued-after-release"


@pytest.mark.parametrize("members", [*FOR_SOMETHING_ELSE, *NOT_FOR_VERIFYING])
def test_a_key_that_may_not_verify_does_not_beside_one_that_may(members: dict[str, Any]) -> None:
    for algorithm, other in OTHERS.items():
        keys = [key(algorithm, members), other]
        assert verdict(algorithm, keys) == []
        assert reason_with(algorithm, keys) == "bad-signature"


@pytest.mark.parametrize("members", FOR_SOMETHING_ELSE)
def test_a_set_without_a_key_for_signatures_is_an_error(members: dict[str, Any]) -> None:
    assert verdict("RS256", [key("RS256", members)]) == [
        ("jwks", "has no key for RS256: one has kty RSA and use sig"),
    ]


@pytest.mark.parametrize("members", NOT_FOR_VERIFYING)
def test_a_set_without_a_key_that_may_verify_is_an_error_that_says_why(members: dict[str, Any]) -> None:
    keys = [jwk(EC_KEYS[0], "ES256"), key("RS256", members)]
    assert verdict("RS256", keys) == [
        (
            "jwks",
            "has no key for RS256: one has kty RSA and use sig; keys[1] is not for it, for its key_ops have no verify",
        )
    ]


@pytest.mark.parametrize(("members", "problem"), MALFORMED)
def test_key_operations_that_are_malformed_or_contradict_the_use_are_an_error(
    members: dict[str, Any], problem: str
) -> None:
    assert verdict("ES256", [OTHERS["ES256"], key("ES256", members)]) == [("jwks", f"keys[1] {problem}")]


EXAMPLE_PAYLOAD = (
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"  # of 2011
)
EXAMPLES: dict[str, tuple[dict[str, Any], str, str]] = {
    "HS256": (
        {"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"},
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    ),
    "RS256": (
        {
            "kty": "RSA",
            "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT"
            "-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UT"
            "o7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkML"
            "s91kzk2PAcDTW9gb54h4FRWyuXpoQ",
            "e": "AQAB",
        },
        "eyJhbGciOiJSUzI1NiJ9",
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7"
        "t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi1"
        "2jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGl"
        "UPQGe77Rw",
    ),
    "ES256": (
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        },
        "eyJhbGciOiJFUzI1NiJ9",
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    ),
}
"""Key, header and signature of RFC 7515, appendices A.1 to A.3."""


@pytest.mark.parametrize("algorithm", EXAMPLES)
def test_the_examples_of_rfc_7515_are_signed_by_their_keys(algorithm: str) -> None:
    """Only after its signature is a token looked at for its date."""
    example, header, signature = EXAMPLES[algorithm]
    chosen = strategy(algorithm, secret="", public_key="", jwks={"keys": [example]})
    assert reason_of(f"{header}.{EXAMPLE_PAYLOAD}.{signature}", chosen) == "expired-token"
    other = f"{signature[:-9]}{'A' if signature[-9] != 'A' else 'B'}{signature[-8:]}"
    assert reason_of(f"{header}.{EXAMPLE_PAYLOAD}.{other}", chosen) == "bad-signature"
