"""The key has what a function leaves of the request: a choice by what it takes out before the cache is not keyed."""

from __future__ import annotations

import pytest

from tests.cache_check.function_code.choices import lost_from_key, sources_beside_key
from tests.cache_check.leak_states import (
    CACHING_DISABLED,
    cache_policy,
    finding_names,
    state,
    the_finding,
    with_function,
)

API = "if (r.uri.startsWith('/api/')) { to('api'); %s }"
TENANT = "const t = r.headers['x-tenant']; if (t) { to(t.value); %s }"
VERSION = "if (r.querystring.v) { to('b'); }"
COOKIE = "if (r.cookies.exp) { to('b'); }"


@pytest.mark.parametrize(
    "body",
    [
        API % "r.uri = r.uri.replace('/api', '');",
        API % "r.uri = r.uri.replace(/^\\/api/, '');",
        API % "r.uri = r.uri.replace(/^\\/api(\\/.*)/, '$1');",
        API % "r.uri = r.uri.slice(4);",
        API % "r.uri = `${r.uri.substring(4)}`;",
        API % "const rest = r.uri.substr(4); r.uri = rest || '/';",
        API % "r.uri = '/' + r.uri.split('/').slice(2).join('/');",
        API % "const parts = r.uri.split('/'); parts.splice(1, 1); r.uri = parts.join('/');",
        API % "r.uri = r.uri.match(/^\\/api(.*)$/)[1];",
        API % "r.uri = '/index.html';",
        "if (r.uri === '/') { to('home'); r.uri = '/index.html'; }",
        "const isApi = r.uri.startsWith('/api/'); if (isApi) { to('api'); } if (isApi) { r.uri = r.uri.slice(4); }",
        "to(r.uri.startsWith('/api/') ? 'api' : 'web'); r.uri = r.uri.replace(/^\\/(api|web)/, '');",
        "r.uri = r.uri.startsWith('/api/') ? (to('api'), r.uri.slice(4)) : r.uri;",
        f"{API % ''} r.uri = '/';",
        f"{API % ''} if (!r.uri.includes('.')) {{ r.uri = '/index.html'; }}",
        "if (!r.uri.startsWith('/api/')) { return r; } to('api'); r.uri = r.uri.slice(4);",
        "const old = r.uri; r.uri = r.uri.slice(4); if (old.startsWith('/api/')) { to('api'); }",
        "pick(r); r.uri = r.uri.slice(4);",
    ],
)
def test_a_choice_by_the_beginning_of_a_uri_that_is_taken_off_is_lost(body: str) -> None:
    before = "function pick(r) { if (r.uri.startsWith('/api/')) { to('api'); return; } }"
    assert lost_from_key(body, before) == "uri"


@pytest.mark.parametrize(
    "body",
    [
        API % "",
        API % "r.uri = '/v2' + r.uri;",
        API % "r.uri = r.uri.replace('/api', '/backend');",
        API % "r.uri = '/backend' + r.uri.slice(4);",
        API % "r.uri = `/backend${r.uri.slice(4)}`;",
        API % "r.uri = r.uri.slice(4); r.headers['x-v'] = {value: 'api'};",
        f"{API % ''} if (r.uri === '/') {{ r.uri = '/index.html'; }}",
        f"{API % ''} const isRoot = r.uri === '/'; if (isRoot) {{ r.uri = '/index.html'; }}",
        f"{API % ''} switch (r.uri) {{ case '/': r.uri = '/index.html'; }}",
        f"{API % ''} if (r.uri.endsWith('/')) {{ r.uri += 'index.html'; }}",
        f"{API % ''} if (r.uri.endsWith('/')) {{ r.uri = r.uri.slice(0, -1); }}",
        f"{API % ''} if (!r.uri.includes('.')) {{ r.uri = r.uri + '/index.html'; }}",
        f"{API % ''} r.uri = r.uri.slice(-1) === '/' ? r.uri + 'index.html' : r.uri;",
        f"{API % ''} r.uri = r.uri.toLowerCase();",
        f"{API % ''} r.uri = r.uri.replace(/[A-Z]/g, c => c.toLowerCase());",
        f"{API % ''} r.uri = decodeURIComponent(r.uri);",
        f"{API % ''} r.uri = r.uri.replace(/\\/$/, '');",
        f"{API % ''} r.uri = r.uri.replace(/\\/+/g, '/');",
        f"{API % ''} r.uri = r.uri.replace(/\\/index\\.html$/, '/');",
        f"{API % ''} r.uri = r.uri.replace('.html', '');",
        f"{API % 'return r;'} if (!r.uri.includes('.')) {{ r.uri = '/index.html'; }}",
        f"{API % ''} else if (!r.uri.includes('.')) {{ r.uri = '/index.html'; }}",
        f"if (r.uri.startsWith('/old/')) {{ r.uri = r.uri.slice(4); return r; }} {API % ''}",
        "r.uri = r.uri.replace(/^\\/v1/, ''); if (r.uri.startsWith('/api/')) { to('api'); }",
        "if (r.uri.startsWith('/v1/')) { r.uri = r.uri.slice(3); } if (r.uri.startsWith('/api/')) { to('api'); }",
        "if (r.uri.endsWith('.jpg')) { to('images'); } r.uri = r.uri.replace('/static', '');",
        "if (r.cookies.exp) { to('b'); } r.uri = r.uri.slice(4);",
        "const key = r.uri.slice(4); if (r.uri.startsWith('/api/')) { to(key); }",
    ],
)
def test_an_ordinary_rewrite_loses_nothing(body: str) -> None:
    assert lost_from_key(body, headers=("x-v",)) == ""


@pytest.mark.parametrize(
    ("body", "lost"),
    [
        (TENANT % "delete r.headers['x-tenant'];", "header x-tenant"),
        (TENANT % "delete r.headers['X-Tenant'];", "header x-tenant"),
        (f"{TENANT % ''} r.headers['x-tenant'] = {{value: 'any'}};", "header x-tenant"),
        (f"{TENANT % ''} r.headers = {{}};", "header x-tenant"),
        (f"{TENANT % ''} const {{headers}} = r; delete headers['x-tenant'];", "header x-tenant"),
        (f"{TENANT % ''} for (const n of ['x-a', 'x-tenant']) {{ delete r.headers[n]; }}", "header x-tenant"),
        (f"{VERSION} r.querystring = {{}};", "query v"),
        (f"{VERSION} delete r.querystring.v;", "query v"),
        (f"{VERSION} r.querystring = {{a: r.querystring.a}};", "query v"),
        (f"{VERSION} if (r.uri.startsWith('/static/')) {{ r.querystring = {{}}; }}", "query v"),
        (f"{COOKIE} delete r.cookies.exp;", "cookie exp"),
        (f"{COOKIE} r.cookies = {{}};", "cookie exp"),
        (f"{COOKIE} if (r.cookies.exp) {{ r.cookies.exp = {{value: ''}}; }}", "cookie exp"),
        (f"{COOKIE} {VERSION} r.cookies = {{}}; delete r.querystring.v;", "cookie exp, query v"),
    ],
)
def test_a_choice_by_what_is_removed_or_overwritten_is_lost(body: str, lost: str) -> None:
    assert lost_from_key(body, headers=("x-tenant",), cookies=("exp",)) == lost


@pytest.mark.parametrize(
    "body",
    [
        f"{TENANT % ''} delete r.headers['x-other'];",
        f"{TENANT % ''} r.headers['x-tenant'] = {{value: r.headers['x-tenant'].value.toLowerCase()}};",
        f"{TENANT % ''} if (!r.headers['x-tenant']) {{ r.headers['x-tenant'] = {{value: 'none'}}; }}",
        f"{TENANT % ''} r.headers['x-v'] = t; delete r.headers['x-tenant'];",
        f"delete r.headers['x-tenant']; {TENANT % ''}",
        f"r.headers['x-tenant'] = {{value: r.cookies.exp.value}}; {TENANT % ''}",
        f"{TENANT % ''} for (const name in r.headers) {{ if (!KNOWN[name]) {{ delete r.headers[name]; }} }}",
        f"{VERSION} delete r.querystring.utm_source;",
        f"{VERSION} r.querystring = {{v: r.querystring.v}};",
        f"{VERSION} r.querystring = sorted(r.querystring);",
        f"if (r.uri === '/') {{ r.querystring = {{}}; return r; }} {VERSION}",
        f"if (r.uri === '/') {{ r.querystring = {{}}; }} else {{ {VERSION} }}",
        f"{COOKIE} r.uri = '/' + (r.cookies.exp ? 'b' : 'a') + r.uri; delete r.cookies.exp;",
    ],
)
def test_what_is_left_in_the_key_in_any_form_is_not_lost(body: str) -> None:
    assert lost_from_key(body, "const KNOWN = {};", headers=("x-tenant", "x-v"), cookies=("exp",)) == ""


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("delete r.headers['x-v'];", {"cookie ab"}),
        ("r.headers['x-v'] = {value: 'any'};", {"cookie ab"}),
        ("r.headers = {};", {"cookie ab"}),
        ("if (r.uri === '/') { delete r.headers['x-v']; }", set()),
        ("delete r.headers['x-v']; r.headers['x-v'] = {value: v};", set()),
    ],
)
def test_a_choice_that_is_written_and_removed_again_is_not_in_the_key(after: str, expected: set[str]) -> None:
    body = f"const v = r.cookies.ab ? 'b' : 'a'; r.headers['x-v'] = {{value: v}}; to(v); {after}"
    assert sources_beside_key(body, headers=("x-v",)) == expected


def test_the_finding_names_what_is_lost_and_how_to_keep_it() -> None:
    code = "import cf from 'cloudfront'; const to = cf.selectRequestOriginById; function handler(event) {"
    body = f"const r = event.request; {API % 'r.uri = r.uri.slice(4);'} {TENANT % ''} delete r.headers['x-tenant'];"
    given, function = with_function(f"{code} {body} return r; }}", cachePolicyId="cache")
    finding = the_finding(state(given, function, cache_policy(headers=("whitelist", ["x-tenant"]))))
    assert (finding.name, finding.severity) == ("decided-by-rewritten-value", "warning")
    assert finding.explanation == (
        "The CloudFront Function before on viewer-request chooses an origin by the header x-tenant and the URI, and"
        " then rewrites or removes what it chose by. The cache key has what it leaves: if that is the same for two"
        " requests, one origin's response is cached for the visitors of another (AWS page"
        " helper-functions-origin-modification)."
    )
    assert finding.fix == (
        "in defaultCacheBehavior of site: the choice written to a header that is in the cache key, or kept in the URI;"
        " or the cache policy CachingDisabled with errorCachingMinTtl 0."
    )


def test_an_error_is_cached_for_the_uri_that_is_left_too() -> None:
    code = "import cf from 'cloudfront'; function handler(event) { const r = event.request; %s return r; }"
    body = "if (r.uri.startsWith('/api/')) { cf.selectRequestOriginById('api'); r.uri = r.uri.slice(4); }"
    given, function = with_function(code % body, cachePolicyId=CACHING_DISABLED)
    assert finding_names(state(given, function, customErrorResponses=[])) == [("error-pinned-on-everyone", "warning")]
