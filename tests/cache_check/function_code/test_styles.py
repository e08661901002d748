"""Styles of code in which a function at viewer-request chooses an origin, and what of it the cache key follows."""

from __future__ import annotations

import pytest

from cache_check.function_code import follow as function_code
from cache_check.function_code.reading import UnreadableCodeError, read_function
from tests.cache_check.function_code.choices import sources_beside_key

GET = "function get(r, name) { var c = r.cookies[name]; return c ? c.value : ''; }"
JWT = "function jwt(t) { if (!t) { throw new Error('no'); } return JSON.parse(t); }"
RULES = "const RULES = [{cookie: 'beta', to: 'b'}, {cookie: 'canary', to: 'c'}];"


@pytest.mark.parametrize(
    ("body", "before", "expected"),
    [
        ("switch (true) { case !!r.cookies.ab: to('b'); }", "", {"cookie ab"}),
        ("switch (r.cookies.ab.value) { case 'a': return r; } to('b');", "", {"cookie ab"}),
        ("if (r.cookies[CONFIG.cookie]) { to(CONFIG.to); }", "const CONFIG = {cookie: 'ab', to: 'b'};", {"cookie ab"}),
        ("if (r.cookies[`ab`] || r.cookies['c\\x64']) { to('b'); }", "", {"cookie ab", "cookie cd"}),
        ("if (r.cookies['app' + '-ab']) { to('b'); }", "", {"cookie app-ab"}),
        ("for (const n of ['ab', 'cd']) { if (r.cookies[n]) { to(n); } }", "", {"cookie ab", "cookie cd"}),
        (
            "for (let i = 0; i < 2; i++) { if (r.cookies[RULES[i].cookie]) { to(RULES[i].to); } }",
            RULES,
            {"cookie beta", "cookie canary"},
        ),
        ("const a = RULES.find(o => r.cookies[o.cookie]); a && to(a.to);", RULES, {"cookie beta", "cookie canary"}),
        ("let s = ''; for (const x of r.uri) { s = s + x; } if (r.cookies[s]) { to('b'); }", "", {"cookie *"}),
        ("const hit = RULES[r.uri]; if (hit) { to(hit(r)); }", "const RULES = {a: r => r.cookies.ab};", {"cookie ab"}),
        ("for (const f of F) { if (f(r)) { to('b'); } }", "const F = [r => r.headers['x-a']];", {"header x-a"}),
        ("R.go(r);", "const R = {pick: r => r.cookies.ab, go(r) { to(this.pick(r)); }};", {"cookie ab"}),
        ("new R(r).go();", "class R { constructor(r) { this.r = r; } go() { to(this.r.cookies.ab); } }", {"cookie ab"}),
        ("const all = {req: r}; if (all.req.cookies.ab) { to('b'); }", "", {"cookie ab"}),
        ("const p = {}; fill(p, r); to(p);", "function fill(p, r) { p.a = r.uri; }", set()),
        ("const p = {}; fill(p, r); to(p);", "function fill(p, r) { p.a = r.cookies.ab; }", {"cookie ab"}),
        ("cf.updateRequestOrigin({...A, ...(r.cookies.ab ? B : {})});", "const A = {}, B = {};", {"cookie ab"}),
        ("cf.updateRequestOrigin({customHeaders: {'x-a': r.cookies.ab.value}});", "", {"cookie ab"}),
        ("pick.call(null, r.cookies.ab ? 'b' : 'a');", "function pick(id) { to(id); }", {"cookie ab"}),
        ("cf.updateRequestOrigin.apply(cf, [{domainName: r.cookies.ab.value}]);", "", {"cookie ab"}),
        ("const p = pick.bind(null, r); to(p());", "function pick(r) { return r.cookies.ab; }", {"cookie ab"}),
        ("go(r);", "function go() { to(arguments[0].cookies.ab); }", {"cookie ab"}),
        ("go(r);", "function go(...all) { to(all[0].cookies.ab); }", {"cookie ab"}),
        ("go(r);", "function go(r, id = r.cookies.ab) { to(id); }", {"cookie ab"}),
        ("to(pick(r)());", "function pick(r) { return () => r.cookies.ab; }", {"cookie ab"}),
        ("const [name] = r.headers.host.value.split('.'); to(name);", "", {"header host"}),
        ("if (random() < 0.1) { to('b'); }", "const {random} = Math;", {"chance Math.random()"}),
        ("const until = new Date('2026-01-01'); to(until ? 'a' : 'b');", "", set()),
        ("pick(r.cookies.ab);", "import {selectRequestOriginById as pick} from 'cloudfront';", {"cookie ab"}),
        ("let last = ''; for (;;) { if (last) { to('b'); } last = r.cookies.ab; }", "", {"cookie ab"}),
        ("r.origin = {domainName: r.cookies.ab ? 'b' : 'a'};", "", {"cookie ab"}),
        ("if (r.cookies.ab) { r.origin.domainName = 'b'; }", "", {"cookie ab"}),
        ("if (await cf.kvs().exists(r.cookies.ab.value)) { to('b'); }", "", {"cookie ab"}),
    ],
)  # fmt: skip
def test_it_is_followed_through_all_of_the_language(body: str, before: str, expected: set[str]) -> None:
    assert sources_beside_key(body, before) == expected


def test_calls_of_one_function_and_variables_of_one_name_are_told_apart() -> None:
    assert sources_beside_key("const lang = get(r, 'lang'); if (get(r, 'ab') === 'b') { to('b'); }", GET) == {
        "cookie ab"
    }
    before = "function log(r) { const v = r.headers.host.value; console.log(v); }"
    assert sources_beside_key("const v = r.cookies.ab; log(r); if (v) { to('b'); }", before) == {"cookie ab"}
    assert sources_beside_key("try { console.log(r.headers.host.value); to('b'); } catch (e) { }") == set()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("try { jwt(r.headers.authorization.value); } catch (e) { return {statusCode: 401}; } to('b');", set()),
        ("try { jwt(r.headers.authorization.value); to('b'); } catch (e) { return {statusCode: 401}; }", set()),
        ("try { jwt(r.headers.authorization.value); to('b'); } catch (e) { }", {"header authorization"}),
        ("let ok = 1; try { jwt(r.headers.authorization.value); } catch (e) { ok = 0; } if (ok) { to('b'); }",
         {"header authorization"}),
        ("try { to(jwt(r.headers.authorization.value).tenant); } catch (e) { return {statusCode: 401}; }",
         {"header authorization"}),
        ("try { await cf.kvs().get(r.headers.host.value); to('b'); } catch (e) { }", {"header host"}),
        ("try { await cf.kvs().get(r.headers.host.value); to('b'); } catch (e) { return {statusCode: 404}; }", set()),
    ],
)  # fmt: skip
def test_a_failure_that_is_caught_decides_and_one_that_is_answered_does_not(body: str, expected: set[str]) -> None:
    assert sources_beside_key(body, JWT) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if (r.cookies.ab) { r.uri = '/b' + r.uri; to('b'); }", set()),
        ("if (r.cookies.ab) { r.uri = '/b' + r.uri; } to(r.cookies.ab ? 'b' : 'a');", set()),
        ("switch (r.cookies.ab) { case 'b': r.uri = '/b' + r.uri; break; } to(r.cookies.ab);", set()),
        ("const v = r.cookies.ab ? 'b' : 'a'; to(v); r.headers['x-v'] = {value: v};", set()),
        # At / alone the URI tells them apart.
        ("if (r.cookies.ab && r.uri === '/') { r.uri = '/b/'; } if (r.cookies.ab) { to('b'); }", {"cookie ab"}),
        # Who is sent to 2 is not who has another URI.
        ("if (r.cookies.ab) { r.uri = '/b' + r.uri; to('1'); return r; } if (r.cookies.cd) { to('2'); }",
         {"cookie ab", "cookie cd"}),
        ("if (r.cookies.ab) { r.headers['x-v'] = {value: 'b'}; } else { to('a'); }", {"cookie ab"}),
        ("if (r.cookies.ab) { r.uri = '/b' + r.uri; } if (r.cookies.cd) { to('2'); }", {"cookie cd"}),
    ],
)  # fmt: skip
def test_the_key_follows_what_is_written_wherever_the_choice_is_made(body: str, expected: set[str]) -> None:
    assert sources_beside_key(body, headers=("x-v",)) == expected


def test_a_router_that_writes_the_uri_of_files_only_is_seen() -> None:
    """The shape of SST's: files are followed by the URI, servers are not."""
    before = """
    async function site(r, site) {
        try {
            const found = await cf.kvs().get(site.name + r.uri);
            r.uri = site.folder + r.uri + found;
            cf.updateRequestOrigin({domainName: site.bucket});
            return;
        } catch (e) {}
        r.headers['x-forwarded-host'] = r.headers.host;
        cf.updateRequestOrigin({domainName: nearest(site.servers, r.headers)});
    }
    function nearest(servers, h) { return servers.sort((a, b) => a.lat - h['cloudfront-viewer-latitude'].value)[0]; }
    """
    body = """
    const routes = await cf.kvs().get('routes', {format: 'json'});
    for (const one of routes) { if (r.headers.host.value === one.host) { await site(r, one.site); break; } }
    """
    assert sources_beside_key(body, before) == {"header host", "header cloudfront-viewer-latitude"}
    names = ("host", "cloudfront-viewer-latitude")
    assert sources_beside_key(body, before, headers=names) == set()


def test_code_that_calls_itself_over_and_over_is_told_and_not_followed_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(function_code, "MAX_STEPS", 4_000)
    calls = "".join(f"function f{i}(x) {{ return f{i + 1}(x) + f{i + 1}(2) + f{i + 1}(3); }}" for i in range(22))
    with pytest.raises(UnreadableCodeError, match=r"^its functions call each other too often to be followed$"):
        read_function(f"{calls} function f22(x) {{ return x; }} function handler(event) {{ return f0(event); }}")


def test_one_function_at_many_behaviors_is_read_once() -> None:
    code = "function handler(event) { return event.request; }"
    assert read_function(code) is read_function(code)
