"""Choices by whether code runs at all: a failure that is caught, a callback, or what a list has lost."""

from __future__ import annotations

import pytest

from tests.cache_check.function_code.choices import sources_beside_key

DECODE = "function decode(token) { return JSON.parse(atob(token)); }"


@pytest.mark.parametrize(
    "body",
    [
        "try { JSON.parse(r.cookies.ab.value); to('b'); } catch (e) { to('a'); }",
        "try { const v = r.cookies.ab.value; to('b'); } catch (e) { }",
        "let ok = false; try { JSON.parse(r.cookies.ab.value); ok = true; } catch (e) { } if (ok) { to('b'); }",
        "let id = 'a'; try { decode(r.cookies.ab); id = 'b'; } catch (e) { } to(id);",
        "try { decodeURIComponent(r.cookies.ab.value); } catch (e) { to('b'); }",
    ],
)
def test_a_failure_that_is_caught_decides_by_what_fails(body: str) -> None:
    assert sources_beside_key(body, DECODE) == {"cookie ab"}
    assert sources_beside_key(body, DECODE, cookies=("ab",)) == set()


@pytest.mark.parametrize("name", ["host", "cloudfront-x"])
def test_a_parameter_by_the_name_of_a_header_may_be_missing(name: str) -> None:
    assert sources_beside_key(f"try {{ const v = r.querystring['{name}'].value; to('b'); }} catch (e) {{ }}") == {
        f"query {name}"
    }


@pytest.mark.parametrize(
    "body",
    [
        "try { const h = r.headers.host.value; to('b'); } catch (e) { }",
        "try { const c = r.headers['cloudfront-viewer-country'].value; to('b'); } catch (e) { }",
        "try { decodeURIComponent(r.uri); to('b'); } catch (e) { to('a'); }",
        "try { const h = r.headers.host.value; } catch (e) { } to('b');",
        "try { const v = r.cookies.ab.value; } catch (e) { return {statusCode: 400}; } to('b');",
    ],
)
def test_what_is_always_there_or_in_the_key_fails_for_no_visitor_alone(body: str) -> None:
    assert sources_beside_key(body) == set()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("let is = false; Object.keys(r.cookies).forEach(() => { is = true; }); if (is) { to('b'); }", {"cookie *"}),
        ("Object.keys(r.cookies).forEach(() => { to('b'); });", {"cookie *"}),
        ("r.cookies.ab.value.replace(/b/, () => { to('b'); });", {"cookie ab"}),
        (
            "let id = 'a'; await cf.kvs().get(r.cookies.ab.value).then(() => { id = 'b'; }, () => {}); to(id);",
            {"cookie ab"},
        ),
        ("cf.kvs().get(r.cookies.ab.value).then((d) => d).catch(() => { to('b'); });", {"cookie ab"}),
        ("['a', 'b'].forEach((name) => { to(name); });", set()),
    ],
)
def test_a_callback_depends_on_what_calls_it(body: str, expected: set[str]) -> None:
    assert sources_beside_key(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "const l = ['a', 'b']; if (!r.cookies.ab) { l.pop(); } to(l[l.length - 1]);",
        "const l = ['a', 'b']; if (!r.cookies.ab) { l.shift(); } to(l[0]);",
        "const l = ['a', 'b']; r.cookies.ab && l.reverse(); to(l[0]);",
        "const l = ['a', 'b']; l.sort((x, y) => x === r.cookies.ab.value ? -1 : 1); to(l[0]);",
        "const f = {b: true}; if (!r.cookies.ab) { delete f.b; } if (f.b) { to('b'); }",
        "const o = {}; o.m = new Map(); o.m.set('v', r.cookies.ab.value); to(o.m.get('v'));",
    ],
)
def test_what_changes_a_list_or_an_object_stays_with_it(body: str) -> None:
    assert sources_beside_key(body) == {"cookie ab"}
    assert sources_beside_key(body, cookies=("ab",)) == set()


@pytest.mark.parametrize(
    "body",
    [
        "var h = r.cookies.ab ? 'b' : 'a'; if (r.uri.startsWith('/assets/')) { var h = 'assets'; } to(h);",
        "const v = r.cookies.ab; { const v = 1; console.log(v); } if (v) { to('b'); }",
        "const v = r.cookies.ab; for (const h of ['a']) { const v = h; } if (v) { to('b'); }",
    ],
)
def test_a_name_that_a_block_declares_too_keeps_its_value_outside(body: str) -> None:
    assert sources_beside_key(body) == {"cookie ab"}


@pytest.mark.parametrize(
    "body",
    [
        "if (r.uri.startsWith('/api/')) { const v = r.cookies.ab ? 'b' : 'a'; r.headers['x-api'] = {value: v}; }"
        " else { const v = r.uri.startsWith('/b/') ? 'b' : 'a'; to(v); }",
        "for (const h of ['a']) { const v = r.cookies.ab; console.log(v); }"
        " for (const h of ['a']) { const v = h; to(v); }",
    ],
)
def test_names_of_two_blocks_are_two(body: str) -> None:
    assert sources_beside_key(body) == set()
