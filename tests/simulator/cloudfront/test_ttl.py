"""TTL settings against Cache-Control and Expires: the table of page Expiration."""

from email.utils import formatdate

import pytest

from pulumi_state.policies import CachePolicy
from simulator.cloudfront.cache.ttl import CacheControl, error_ttl, object_ttl
from simulator.cloudfront.http.headers import Headers

NOW = 1_700_000_000.0
IN_100_S = formatdate(NOW + 100, usegmt=True)


def headers(**fields: str) -> Headers:
    return Headers.of((name.replace("_", "-"), value) for name, value in fields.items())


def policy(min_ttl: int = 0, default_ttl: int = 60, max_ttl: int = 1000) -> CachePolicy:
    return CachePolicy(name="test", min_ttl=min_ttl, default_ttl=default_ttl, max_ttl=max_ttl)


@pytest.mark.parametrize(
    ("fields", "used", "seconds"),
    [
        ({}, policy(), 60),
        ({}, policy(min_ttl=90), 90),
        ({}, policy(0, 0, 0), 0),
        ({}, policy(default_ttl=5000), 5000),
        ({"cache_control": "max-age=100"}, policy(), 100),
        ({"cache_control": "max-age=5000"}, policy(), 1000),
        ({"cache_control": "max-age=10"}, policy(min_ttl=90), 90),
        ({"cache_control": "max-age=10, s-maxage=20"}, policy(), 20),
        ({"cache_control": 'Max-Age="30"'}, policy(), 30),
        ({"cache_control": "max-age=-5"}, policy(), 60),
        ({"expires": IN_100_S}, policy(), 100),
        ({"expires": IN_100_S, "cache_control": "max-age=7"}, policy(), 7),
        ({"expires": IN_100_S, "cache_control": "public"}, policy(), 100),
        ({"expires": "0"}, policy(), 0),
        ({"expires": "0"}, policy(min_ttl=5), 5),
        ({"cache_control": "no-store"}, policy(), 0),
        ({"cache_control": "no-cache"}, policy(), 0),
        ({"cache_control": "private, max-age=100"}, policy(), 0),
        ({"cache_control": "no-store"}, policy(min_ttl=5), 5),
        ({"cache_control": 'no-cache="Set-Cookie"'}, policy(), 60),
        ({"cache_control": 'no-cache="Set-Cookie", max-age=30'}, policy(), 30),
        ({"cache_control": "max-age=100"}, policy(0, 0, 0), 0),
    ],
)
def test_seconds_that_an_object_stays(fields: dict[str, str], used: CachePolicy, seconds: float) -> None:
    assert object_ttl(headers(**fields), used, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "fields", "used", "seconds"),
    [
        (404, {}, policy(), 10),
        (500, {"cache_control": "no-store"}, policy(), 10),
        (503, {"cache_control": "max-age=60"}, policy(), 60),
        (503, {"cache_control": "max-age=60"}, policy(max_ttl=30), 30),
        (503, {"cache_control": "max-age=60"}, policy(0, 0, 0), 10),
        (502, {"expires": IN_100_S}, policy(), 100),
        (403, {}, policy(), 0),
        (403, {"cache_control": "max-age=60"}, policy(), 60),
        (405, {"cache_control": "s-maxage=5"}, policy(), 10),
        (401, {"cache_control": "max-age=60"}, policy(), 0),
        (416, {"cache_control": "max-age=60"}, policy(), 0),
        (429, {}, policy(), 0),
    ],
)
def test_seconds_that_an_error_stays(status: int, fields: dict[str, str], used: CachePolicy, seconds: float) -> None:
    assert error_ttl(status, headers(**fields), used, 10, NOW) == seconds


def test_field_names_in_no_cache_hide_set_cookie_only() -> None:
    control = CacheControl.of(headers(cache_control='no-cache="Set-Cookie, X-Other", stale-if-error=0'))
    assert control.hides_set_cookie
    assert not control.forbids_storing
    assert control.stale_if_error == 0
