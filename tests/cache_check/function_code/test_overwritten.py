"""Values that a function always overwrites: none reaches an origin as the visitor sent it, or is beside the key."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cache_check.leak_states import cache_policy, finding_names, origin_request_policy, state, with_function

HEADER: dict[str, Any] = {"headers": ("whitelist", ["X-Lang"])}
COOKIE: dict[str, Any] = {"cookies": ("whitelist", ["session"])}
QUERY: dict[str, Any] = {"query": ("whitelist", ["page"])}


def told(body: str, **forwarded: Any) -> list[str]:
    """The findings where the function does this before a cache whose key has the header Accept-Language."""
    code = f"function handler(event) {{ const r = event.request; {body} return r; }}"
    given, function = with_function(code, cachePolicyId="cache", originRequestPolicyId="forward")
    key = cache_policy((0, 0, 60), headers=("whitelist", ["Accept-Language"]))
    return [name for name, _ in finding_names(state(given, function, key, origin_request_policy(**forwarded)))]


@pytest.mark.parametrize(
    ("body", "forwarded"),
    [
        ("r.headers['x-lang'] = {value: 'en'};", HEADER),
        ("r.headers['X-Lang'] = {value: r.headers['accept-language'].value.slice(0, 2)};", HEADER),
        ("r.headers['x-lang'] = {value: r.uri.startsWith('/de/') ? 'de' : 'en'};", HEADER),
        ("Object.assign(r.headers, {'x-lang': {value: 'en'}});", HEADER),
        ("delete r.headers['x-lang'];", HEADER),
        ("if (!r.headers['x-lang']) { return {statusCode: 400}; } r.headers['x-lang'] = {value: 'en'};", HEADER),
        ("r.cookies = {};", COOKIE),
        ("r.cookies = {};", {"cookies": ("all", [])}),
        ("delete r.cookies.session;", COOKIE),
        ("r.querystring = {};", {"query": ("all", [])}),
        ("r.querystring.page = {value: '1'};", QUERY),
    ],
)
def test_a_value_that_is_always_the_functions_own_is_no_finding(body: str, forwarded: Any) -> None:
    assert told("", **forwarded) != []
    assert [name for name in told(body, **forwarded) if name.startswith("origin-sees")] == []


@pytest.mark.parametrize(
    ("body", "forwarded"),
    [
        ("if (r.uri === '/') { r.headers['x-lang'] = {value: 'en'}; }", HEADER),
        ("if (r.uri === '/') { return r; } r.headers['x-lang'] = {value: 'en'};", HEADER),
        ("r.headers['x-lang'] = {value: r.headers['x-lang'].value.toLowerCase()};", HEADER),
        ("r.headers['x-lang'] = {value: r.cookies.lang.value};", HEADER),
        ("r.headers['x-lang'] = {value: event.viewer.ip};", HEADER),
        (
            "r.headers['x-lang'] = {value: 'en'}; if (r.cookies.lang) { r.headers['x-lang'] = {value: 'de'}; }",
            HEADER,
        ),
        ("const h = r.headers; h['x-lang'] = {value: 'en'}; if (r.cookies.lang) { h['x-lang'].value = 'de'; }", HEADER),
        ("[1].find(() => { delete r.headers['x-lang']; });", HEADER),
        ("delete r.cookies.other;", COOKIE),
        ("r.cookies = {session: r.cookies.session};", COOKIE),
        ("for (const name in r.querystring) { delete r.querystring[name]; }", QUERY),
    ],
)
def test_a_value_that_may_be_the_visitors_stays_one(body: str, forwarded: Any) -> None:
    [kind] = forwarded
    assert f"origin-sees-uncached-{'query' if kind == 'query' else kind[:-1]}" in told(body, **forwarded)
