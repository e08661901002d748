"""What a function at viewer-request chooses an origin by, read out of its code in whatever style that is written."""

from __future__ import annotations

import builtins
from typing import Any

import pytest

from cache_check.function_code.reading import UnreadableCodeError, read_function
from infra.cdn.javascript import read_source

EXP = ("cookie", "exp")
IP = ("chance", "the viewer's address")
RANDOM = ("chance", "Math.random()")


def choosing_sources(body: str, *, before: str = "") -> set[Any]:
    """The sources that a handler with this body chooses an origin by."""
    code = f"import cf from 'cloudfront';\n{before}\nasync function handler(event) {{ {body} }}"
    return sources_of(code)


def sources_of(code: str) -> set[Any]:
    """The sources that any of the choices depends on."""
    return {source for choice in read_function(code).choices for source in choice.sources}


CHOOSE = "cf.updateRequestOrigin({domainName: 'b.example.com'});"


@pytest.mark.parametrize(
    "body",
    [
        f"if (event.request.cookies.exp) {{ {CHOOSE} }}",
        f"if (event.request.cookies['exp'].value === 'b') {{ {CHOOSE} }}",
        f"if ('exp' in event.request.cookies) {{ {CHOOSE} }}",
        f"if (event.request.cookies.hasOwnProperty('exp')) {{ {CHOOSE} }}",
        f"const c = event.request.cookies; const v = c.exp && c.exp.value; if (v === 'b') {{ {CHOOSE} }}",
        f"const {{ request }} = event; const {{ cookies: all }} = request; if (all.exp) {{ {CHOOSE} }}",
        f"if (!event.request.cookies.exp) {{ return event.request; }} {CHOOSE}",
        "cf.selectRequestOriginById(event.request.cookies.exp.value === 'b' ? 'b' : 'a');",
        "event.request.cookies.exp && cf.selectRequestOriginById('b');",
        "const to = {}; to.domainName = event.request.cookies.exp.value; cf.updateRequestOrigin(to);",
        "let to = 'a'; if (event.request.cookies.exp) { to = 'b'; } cf.selectRequestOriginById(to);",
        "switch (event.request.cookies.exp.value) { case 'b': cf.selectRequestOriginById('b'); }",
        "for (const o of ['a', 'b']) { if (o === event.request.cookies.exp.value) { cf.selectRequestOriginById(o); } }",
        "['a'].forEach(o => { if (o === event.request.cookies.exp.value) { cf['selectRequestOriginById'](o); } });",
        "const list = []; list.push(event.request.cookies.exp.value); cf.selectRequestOriginById(list[0]);",
        "const name = 'exp'; cf.selectRequestOriginById(event.request.cookies[name].value);",
        "cf.createRequestOriginGroup({originIds: [event.request.cookies.exp.value]});",
        "try { cf.selectRequestOriginById(`o-${event.request.cookies.exp.value}`); } catch (e) { log(e); }",
        "const to = await cf.kvs().get(event.request.cookies.exp.value); cf.selectRequestOriginById(to);",
    ],
)
def test_a_cookie_is_followed_to_the_choice(body: str) -> None:
    assert choosing_sources(body) == {EXP}


def test_functions_and_constants_of_the_code_are_followed() -> None:
    before = """
    const NAME = 'exp';
    const read = (request, kind, name) => request[kind][name] ? request[kind][name].value : '';
    function choose(to) { if (to) { cf.selectRequestOriginById(to); } }
    """
    assert choosing_sources("choose(read(event.request, 'cookies', NAME));", before=before) == {EXP}


def test_the_handler_may_be_an_arrow_function_that_takes_the_event_apart() -> None:
    code = "import cf from 'cloudfront'; const handler = ({request}) => { if (request.cookies.exp) { %s } };"
    assert sources_of(code % CHOOSE) == {EXP}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"if (event.request.headers['X-Beta']) {{ {CHOOSE} }}", {("header", "x-beta")}),
        (f"if (event.request.querystring.v.value) {{ {CHOOSE} }}", {("query", "v")}),
        (f"if (event.request.rawQueryString().includes('b')) {{ {CHOOSE} }}", {("query", "*")}),
        (f"if (event.request.uri.startsWith('/b')) {{ {CHOOSE} }}", {("uri", "")}),
        (f"for (const name in event.request.cookies) {{ if (name === 'b') {{ {CHOOSE} }} }}", {("cookie", "*")}),
        (f"if (Object.keys(event.request.headers).length > 9) {{ {CHOOSE} }}", {("header", "*")}),
        (f"if (Math.random() < 0.1) {{ {CHOOSE} }}", {RANDOM}),
        (f"if (Date.now() % 2) {{ {CHOOSE} }}", {("chance", "the time")}),
        (f"if (new Date().getHours() < 6) {{ {CHOOSE} }}", {("chance", "the time")}),
        (f"if (event.viewer.ip.endsWith('7')) {{ {CHOOSE} }}", {IP}),
        (f"if (event.context.requestId > 'm') {{ {CHOOSE} }}", {("chance", "the request's id")}),
        (f"if (cf.edgeLocation.name === 'FRA') {{ {CHOOSE} }}", {("chance", "the edge location")}),
        (CHOOSE, set()),
        ("if (event.request.cookies.exp) { event.request.uri = '/b' + event.request.uri; }", set()),
        ("if (!event.request.headers.authorization) { return {statusCode: 401}; } " + CHOOSE, set()),
        ("// event.request.cookies.exp\n" + CHOOSE, set()),
        ("const text = 'event.request.cookies.exp'; cf.selectRequestOriginById(text);", set()),
    ],
)
def test_what_decides_is_told_apart(body: str, expected: set[Any]) -> None:
    assert choosing_sources(body) == expected


def test_what_is_written_is_known_by_what_it_is_made_of() -> None:
    code = """
    function handler(event) {
        const request = event.request;
        let variant = 'a';
        if (request.cookies.exp) { variant = 'b'; }
        request.headers['X-Variant'] = { value: variant };
        request.uri = '/' + variant + request.uri;
        request.querystring.v = { value: request.headers.host.value };
        return request;
    }"""
    reading = read_function(code)
    assert not reading.chooses_origin
    assert reading.written == {
        ("header", "x-variant"): {EXP},
        ("uri", ""): {EXP, ("uri", "")},
        ("query", "v"): {("header", "host")},
    }


@pytest.mark.long
def test_this_projects_own_functions_are_read() -> None:
    assert not read_function(read_source("canary")).chooses_origin
    tier = read_function(read_source("tier"))
    assert tier.chooses_origin
    assert sources_of(read_source("tier")) <= tier.written["header", "x-router-version"]


@pytest.mark.parametrize("code", ["function handler(event) {", "this is not code", "function handler(event) { f(f; }"])
def test_what_is_no_javascript_is_told(code: str) -> None:
    with pytest.raises(UnreadableCodeError, match=r"^it is not JavaScript that can be parsed$"):
        read_function(code)


def test_recursion_and_cycles_come_to_an_end() -> None:
    before = "function a(x) { return b(x); } function b(x) { return a(x) + x; }"
    assert choosing_sources(
        "let x = event.request.cookies.exp; x = a(x); cf.selectRequestOriginById(a(b(x)));", before=before
    ) == {EXP}


def test_code_that_is_nested_without_end_is_told() -> None:
    with pytest.raises(UnreadableCodeError, match=r"^it is nested too deeply to be followed$"):
        read_function(f"function handler(event) {{ return {'(' * 4_000}event{')' * 4_000}; }}")


def test_without_the_parser_the_code_is_not_judged_and_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("cache_check.function_code.follow"):
            raise ModuleNotFoundError("No module named 'tree_sitter'", name="tree_sitter")
        return imported(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UnreadableCodeError) as caught:
        read_function("function handler(event) { return event.request; }  // read nowhere else")
    assert str(caught.value) == "reading it needs the package tree_sitter: pip install --editable '.[local]'"
