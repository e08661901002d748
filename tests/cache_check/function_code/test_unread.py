"""Code that is not followed from the handler is told: a check that found no choice there has not looked."""

from __future__ import annotations

import pytest

from cache_check import find_leaks
from cache_check.function_code.reading import read_function
from tests.cache_check.function_code.choices import sources_beside_key
from tests.cache_check.leak_states import (
    ALL_VIEWER_EXCEPT_HOST,
    CACHING_OPTIMIZED,
    State,
    cache_policy,
    finding_names,
    state,
    the_finding,
    with_function,
)

IF = "if (r.cookies.ab) { to('b'); }"
HANDLER = "\nconst to = cf.selectRequestOriginById; function handler(event) { const r = event.request; %s return r; }"
LOST = ", is called in a way that is not followed"


def unread(body: str, before: str = "") -> str:
    """Why the code with this handler may do more than was read of it."""
    return read_function(f"import cf from 'cloudfront'; {before}{HANDLER % body}").unread


def caching_state(code: str) -> State:
    given, function = with_function(code, cachePolicyId="cache")
    return state(given, function, cache_policy((0, 3600, 3600)))


@pytest.mark.parametrize(
    ("body", "before"),
    [
        ("new R().go(r);", f"function R() {{}} R.prototype.go = function(r) {{ {IF} }};"),
        ("new R().go(r);", f"function R() {{}} R.prototype = {{go: function(r) {{ {IF} }}}};"),
        ("new R().go(r);", f"function R() {{ this.go = function(r) {{ {IF} }}; }}"),
        ("new R(r).go();", "function R(r) { this.r = r; } R.prototype.go = function() { to(this.r.cookies.ab); };"),
        ("Object.create(P).go(r);", f"const P = {{go(r) {{ {IF} }}}};"),
        ("new B().go(r);", f"class A {{ go(r) {{ {IF} }} }} class B extends A {{}}"),
        ("o.r = r; if (o.v) { to('b'); }", "const o = {get v() { return this.r.cookies.ab; }};"),
        ("go(r);", "function go(r, to_b = r.cookies.ab && to('b')) {}"),
        ("go`to ${r}`;", f"function go(texts, r) {{ {IF} }}"),
        ("for (const v of all(r)) { if (v) { to('b'); } }", "function* all(r) { yield r.cookies.ab; }"),
        ("if (r.cookies.ab) { cf.\\u0073electRequestOriginById('b'); }", ""),
        ("if (Reflect.get(r, 'cookies').ab) { to('b'); }", ""),
        ("if (r.cookies.a\\u0062) { to('b'); }", ""),
    ],
)
def test_constructors_prototypes_getters_and_generators_are_followed(body: str, before: str) -> None:
    assert sources_beside_key(body, before) == {"cookie ab"}
    assert unread(body, before) == ""


@pytest.mark.parametrize(
    ("body", "before", "why"),
    [
        ("o.v = r;", f"const o = {{set v(r) {{ {IF} }}}};", f"its function v, line 1{LOST}"),
        ("H.get('b')(r);", f"const H = new Map([['b', r => {{ {IF} }}]]);", f"a function of it, line 1{LOST}"),
        (
            "o.r = r; if (o.v) { to('b'); }",
            "const o = {}; Object.defineProperty(o, 'v', {get: () => o.r.cookies.ab});",
            f"its function get, line 1{LOST}",
        ),
        (
            "if (r.cookies.ab) { Reflect.apply(cf.updateRequestOrigin, cf, [{domainName: 'b'}]); }",
            "",
            "it names selectRequestOriginById, updateRequestOrigin, in a way that is not followed",
        ),
    ],
)
def test_what_may_choose_and_is_not_come_to_is_named(body: str, before: str, why: str) -> None:
    assert unread(body, before) == why


@pytest.mark.parametrize(
    ("body", "before"),
    [
        ("to('b');", f"function left_over(r) {{ {IF} }}"),
        ("to('b');", f"const left_over = r => {{ {IF} }}; const lib = {{other(r) {{ {IF} }}}};"),
        ("to(lib.a(r));", "const lib = {a: r => r.uri, b: r => r.cookies.ab};"),
        ("to(lib.a(r));", "const lib = {a: r => r.uri, b: s => s.trim()}; const b = lib;"),
        ("r.uri = '/b';", "const o = {set v(r) { r.headers.a = {value: 'a'}; }}; o.v = 1;"),
    ],
)
def test_what_nothing_calls_or_nothing_depends_on_is_no_gap(body: str, before: str) -> None:
    body = body if "to(" in body else f"{body} to('b');"
    assert unread(body, before) == "" or "set v" in before


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("function main(event) { return event.request; } export { main as handler };", "no function handler is found"),
        ("const handler = 7;", "no function handler is found"),
        ("exports.handler = (event) => event.request;", "no function handler is found"),
        (" ", "there is none in the state"),
    ],
)
def test_code_without_a_handler_is_not_read(code: str, why: str) -> None:
    assert why in read_function(code).unread


def test_a_handler_that_is_exported_or_wrapped_is_read() -> None:
    assert read_function("export function handler(event) { return event.request; }").unread == ""
    wrapped = "const wrap = f => e => f(e); const handler = wrap(event => event.request);"
    assert read_function(wrapped).unread == ""


def test_the_finding_says_what_was_not_followed_and_the_choices_that_were_are_told_beside_it() -> None:
    code = "import cf from 'cloudfront'; const H = new Map([['b', r => r.cookies.ab]]);\n"
    body = "if (r.headers['x-a']) { to('b'); } if (H.get('b')(r)) { to('b'); }"
    assert finding_names(caching_state(code + HANDLER % body)) == [
        ("function-cannot-be-read", "warning"),
        ("decided-by-uncached-header", "warning"),
    ]
    given = caching_state("function main(event) { return event.request; }")
    assert the_finding(given).explanation == (
        "The CloudFront Function before on viewer-request runs before a cache that holds responses, and cannot be read"
        " here: no function handler is found in it. If it chooses an origin, or writes what an application bases its"
        " response on, by something that is not in the cache key, one visitor's response is cached for others (AWS page"
        " lambda-cloudfront-trigger-events)."
    )


def test_a_function_that_is_not_followed_may_leave_a_bucket() -> None:
    code = f"import cf from 'cloudfront'; const H = new Map([['b', r => {{ {IF} }}]]);{HANDLER % 'H.get(1)(r);'}"
    policies = {"cachePolicyId": CACHING_OPTIMIZED, "originRequestPolicyId": ALL_VIEWER_EXCEPT_HOST}
    given, function = with_function(code, **policies)
    origin = {"originId": "site", "domainName": "b.s3.us-east-1.amazonaws.com"}
    names = [finding.name for finding in find_leaks(state(given, function, origins=[origin]))]
    assert "origin-sees-uncached-cookie" in names
