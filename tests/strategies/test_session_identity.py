"""Sessions as frameworks write them: the cookie's value, the table's key, and the version in a document.

Items are literal, as the libraries that strategies.sticky_session.presets names write them;
test_framework_sessions.py has those libraries write some themselves.
"""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.model.request import Request
from strategies.sticky_session import Options, StickySession
from strategies.sticky_session.presets import PRESETS, preset_options
from tests.infra.configs import stack_of
from tests.strategies.fakes import NOW, Assigned, FakeTable, Item, errors_of, make_edge

EXPIRY = {"N": f"{NOW + 600:.0f}"}
SECRET = "keyboard cat"
SIGNED = "s:tobi.k/MBGA3LV/De+0YTROxcLuurjbOQXyaa2veNodQBZc4"
"""Of the session "tobi", by cookie-signature 1.2.2."""


def strategy(table: FakeTable, **options: Any) -> Assigned:
    return Assigned(StickySession(Options(**options), make_edge(table=table)), 0)


def decide(table: FakeTable, value: str, **options: Any) -> tuple[str, str, str]:
    """(origin, reason, visitor) with this value of the cookie."""
    cookie = f"{options.get('cookie', 'sessiontoken')}={value}"
    decision = strategy(table, **options).choose(Request(headers={"cookie": cookie}, request_id="id"))
    assert isinstance(decision.origin, str)
    return decision.origin, decision.reason, decision.visitor


def asked_for(value: str, **options: Any) -> list[str]:
    """The keys that the table was asked for."""
    table = FakeTable()
    decide(table, value, **options)
    return [key for keys in table.keys for key in keys.values()]


def of_preset(preset: str, **given: Any) -> dict[str, Any]:
    return preset_options({"preset": preset, **given})


def pack(document: object) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


REAL: dict[str, tuple[str, str, Item]] = {
    "express": (
        quote(SIGNED, safe=""),
        "sess:tobi",
        {
            "id": {"S": "sess:tobi"},
            "expires": EXPIRY,
            "type": {"S": "connect-session"},
            "sess": {"S": '{"cookie":{"originalMaxAge":null,"httpOnly":true,"path":"/"},"version":2}'},
        },
    ),
    "php": (
        "n3hvl7ca2m4f1i2jr8u0q6d5t9",
        "PHPSESSID_n3hvl7ca2m4f1i2jr8u0q6d5t9",
        {
            "id": {"S": "PHPSESSID_n3hvl7ca2m4f1i2jr8u0q6d5t9"},
            "expires": EXPIRY,
            "data": {"S": 'user|s:3:"ada";'},
            "version": {"S": "2"},
        },
    ),
    "django": (
        "8xh0z0k3l1v5q7y2n4m6b9c1d3f5g7h9",
        "8xh0z0k3l1v5q7y2n4m6b9c1d3f5g7h9",
        {
            "session_key": {"S": "8xh0z0k3l1v5q7y2n4m6b9c1d3f5g7h9"},
            "data": {"S": "eyJ1c2VyIjoiYWRhIn0:1tQ0aB:signature"},
            "ttl": EXPIRY,
            "created": {"N": "1789990000"},
            "version": {"N": "2"},
        },
    ),
    "rails-dynamodb": (
        "fde7e6ba09bb4cd3c1a6ef0ffdc55c79",
        "2::c74669c8f401676251561b5989ef04465e40c3edd3186583ced78a07b5d6efdd",
        {
            "session_id": {"S": "2::c74669c8f401676251561b5989ef04465e40c3edd3186583ced78a07b5d6efdd"},
            "data": {"S": "BAh7BkkiCXVzZXIGOgZFVEkiCGFkYQY7AFQ=\n"},
            "created_at": {"N": "1789990000.123"},
            "updated_at": {"N": "1789990000.123"},
            "expire_at": {"N": "1789990000"},
            "version": {"S": "2"},
        },
    ),
    "flask-session": (
        "PEBe5dwUvTuwZ7Qw0FkrvhRFRFrjNqwMqyDVCkWr0sQ",
        "session:PEBe5dwUvTuwZ7Qw0FkrvhRFRFrjNqwMqyDVCkWr0sQ",
        {
            "id": {"S": "session:PEBe5dwUvTuwZ7Qw0FkrvhRFRFrjNqwMqyDVCkWr0sQ"},
            "val": {"B": base64.b64encode(b"\x82\xaa_permanent\xc3\xa7version\xa12").decode()},
            "expiration": {"N": f"{NOW + 600}"},
        },
    ),
}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_finds_the_version_in_an_item_as_its_library_writes_it(preset: str) -> None:
    value, key, item = REAL[preset]
    options = of_preset(preset, **({"cookie_secrets": (SECRET,)} if preset == "express" else {}))
    assert decide(FakeTable({(key,): item}), value, **options) == ("canary", "session", value)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_config_takes_a_preset_by_its_name(preset: str) -> None:
    options = stack_of(strategy="sticky-session", stickySession={"preset": preset}).settings.options
    assert options == Options(**of_preset(preset))


def test_options_beside_a_preset_win() -> None:
    section = {"preset": "express", "cookie": "sid", "keyPrefix": "", "versionAttribute": "release"}
    options = stack_of(strategy="sticky-session", stickySession=section).settings.options
    assert (options.cookie, options.key_prefix, options.key_attribute) == ("sid", "", "id")
    assert (options.version_attribute, options.version_path) == ("release", "")


def test_the_prefix_of_php_is_the_name_of_the_session() -> None:
    assert of_preset("php", cookie="SHOP")["key_prefix"] == "SHOP_"


@pytest.mark.parametrize(
    ("value", "options", "keys"),
    [
        ("a%2Bb", {}, ["a%2Bb"]),
        ("a%2Bb", {"decode_cookie": True}, ["a+b"]),
        ("100%", {"decode_cookie": True}, ["100%"]),
        ("%zz%4", {"decode_cookie": True}, ["%zz%4"]),
        ("%C3%A4", {"decode_cookie": True}, ["ä"]),
        ("abc", {"key_prefix": "sess:"}, ["sess:abc"]),
        ("abc", {"key_digest": "sha256"}, ["ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"]),
        (SIGNED, {"signed_cookie": "express"}, ["tobi"]),
        ("s:a.b.c", {"signed_cookie": "express"}, ["a.b"]),
        (SIGNED, {"signed_cookie": "express", "cookie_secrets": ("next", SECRET)}, ["tobi"]),
    ],
)
def test_the_key_is_made_of_the_cookies_value(value: str, options: dict[str, Any], keys: list[str]) -> None:
    assert asked_for(value, **options) == keys


@pytest.mark.parametrize(
    ("value", "options", "reason"),
    [
        ("%ff", {"decode_cookie": True}, "malformed-session"),
        ("tobi", {"signed_cookie": "express"}, "malformed-session"),
        ("s:tobi", {"signed_cookie": "express"}, "malformed-session"),
        ("s:.abc", {"signed_cookie": "express"}, "malformed-session"),
        ("s:tobi.abc", {"signed_cookie": "express", "cookie_secrets": (SECRET,)}, "forged-session"),
        (SIGNED + "=", {"signed_cookie": "express", "cookie_secrets": (SECRET,)}, "forged-session"),
        (SIGNED, {"signed_cookie": "express", "cookie_secrets": ("another",)}, "forged-session"),
    ],
)
def test_a_cookie_that_is_not_as_announced_is_assigned_by_the_request(
    value: str, options: dict[str, Any], reason: str
) -> None:
    assert asked_for(value, **options) == []
    assert decide(FakeTable(), value, **options) == ("stable", reason, "id")


DEEP = json.dumps({"a": 1}).replace("1", "[" * 30_000 + "]" * 30_000)
BOMB = base64.b64encode(b"\xdd\xff\xff\xff\xff" * 40).decode()


@pytest.mark.parametrize(
    ("attribute", "path", "reason"),
    [
        ({"M": {"version": {"S": "2"}}}, "version", "session"),
        ({"M": {"user": {"M": {"version": {"N": "2"}}}}}, "user.version", "session"),
        ({"M": {"user": {"S": '{"version": "2"}'}}}, "user.version", "session"),
        ({"S": '{"user": {"version": 2}}'}, "user.version", "session"),
        ({"B": pack({"version": 2})}, "version", "session"),
        ({"B": base64.b64encode(b"\x81\xa7version\xcd\x00\x02").decode()}, "version", "session"),
        ({"B": base64.b64encode(b"\x82\xa1a\x92\xcb12345678\xc0\xa7version\x02").decode()}, "version", "session"),
        ({"S": '{"version": true}'}, "version", "unknown-version"),
        ({"S": '{"version": 2.0}'}, "version", "unknown-version"),
        ({"S": '["2"]'}, "version", "unknown-version"),
        ({"S": "not JSON"}, "version", "unknown-version"),
        ({"S": DEEP}, "a", "unknown-version"),
        ({"S": json.dumps({"a": "x" * 70_000, "version": "2"})}, "version", "unknown-version"),
        ({"B": BOMB}, "version", "unknown-version"),
        ({"B": "no base64"}, "version", "unknown-version"),
        ({"B": base64.b64encode(b"\x81\xa7ver").decode()}, "version", "unknown-version"),
        ({"L": []}, "version", "unknown-version"),
        ({"M": {"version": {"M": {}}}}, "version", "unknown-version"),
        ({}, "version", "unknown-version"),
    ],
)
def test_the_version_is_found_inside_a_document(attribute: dict[str, object], path: str, reason: str) -> None:
    table = FakeTable({("abc",): {"version": attribute}})
    assert decide(table, "abc", version_path=path)[1] == reason


@given(
    value=st.text(max_size=60) | st.from_regex(r"(s:|s%3A)?[a-z%0-9.+=]*", fullmatch=True),
    secrets=st.sampled_from([(), (SECRET,)]),
    signed=st.sampled_from(["", "express"]),
    digest=st.sampled_from(["", "sha256"]),
)
def test_any_cookie_gets_a_decision(value: str, secrets: tuple[str, ...], signed: str, digest: str) -> None:
    options = {"signed_cookie": signed, "cookie_secrets": secrets if signed else (), "key_digest": digest}
    assert decide(FakeTable(), value, decode_cookie=True, key_prefix="sess:", **options)[0] == "stable"


@given(
    attribute=st.dictionaries(st.sampled_from("SBM"), st.text(), max_size=1)
    | st.binary(max_size=40).map(lambda data: {"B": base64.b64encode(data).decode()})
    | st.recursive(st.text(), lambda inner: st.dictionaries(st.sampled_from(["M", "S", "a"]), inner)).map(
        lambda inner: {"M": inner}
    )
)
def test_any_document_gets_a_decision(attribute: dict[str, object]) -> None:
    table = FakeTable({("abc",): {"version": attribute}})
    assert decide(table, "abc", version_path="a.a")[0] in {"stable", "canary"}


def test_mistakes_are_told_with_what_is_allowed() -> None:
    assert errors_of(Options, signed_cookie="rails", key_digest="md5", key_prefix="x" * 256, version_path="a..b") == [
        ("signedCookie", "is 'rails': allowed: express"),
        ("keyDigest", "is 'md5': allowed: sha256"),
        ("keyPrefix", "has 256 bytes: allowed is 255"),
        ("versionPath", "is 'a..b': allowed is 1 to 16 names with dots between them"),
    ]
    assert errors_of(Options, cookie_secrets=("s",)) == [
        ("cookieSecrets", "is set, but signedCookie is not: nothing would be verified")
    ]
    assert errors_of(Options, signed_cookie="express", cookie_secrets=("",)) == [
        ("cookieSecrets", "has an empty entry")
    ]


def test_the_code_for_it_is_packaged_where_an_option_asks_for_it() -> None:
    assert StickySession.needs(Options()).parts == frozenset()
    assert StickySession.needs(Options(key_prefix="sess:")).parts == {"identity"}
