"""Which function is called can be the choice: what decides about the call decides about all that it does."""

from __future__ import annotations

import pytest

from tests.cache_check.function_code.choices import sources_beside_key

TWO = "function a() {} function b() { to('b'); }"
TABLE = "const H = {a: () => {}, b: () => { to('b'); }};"
CLASSES = "class A { go() {} } class B { go() { to('b'); } }"


@pytest.mark.parametrize(
    ("body", "before"),
    [
        ("const f = r.cookies.ab ? b : a; f();", TWO),
        ("let f = a; if (r.cookies.ab) { f = b; } f();", TWO),
        ("H[r.cookies.ab ? r.cookies.ab.value : 'a']();", TABLE),
        ("['x'].forEach(r.cookies.ab ? H.a : H.b);", TABLE),
        ("[() => {}, b][r.cookies.ab ? 1 : 0]();", TWO),
        ("(r.cookies.ab ? to : a)('b');", TWO),
        ("new (r.cookies.ab ? A : B)().go();", CLASSES),
        ("new (r.cookies.ab ? A : B)();", "class A { } class B { constructor() { to('b'); } }"),
    ],
)
def test_a_choice_by_which_function_is_called_depends_on_what_picks_it(body: str, before: str) -> None:
    assert sources_beside_key(body, before) == {"cookie ab"}
    assert sources_beside_key(body, before, cookies=("ab",)) == set()


def test_functions_that_nothing_picks_keep_company() -> None:
    before = "function write(r) { r.headers['x-v'] = {value: r.cookies.ab ? 'b' : 'a'}; } function choose(v) { to(v); }"
    assert sources_beside_key("write(r); choose(r.cookies.ab);", before, headers=("x-v",)) == set()


def test_a_picked_function_that_also_writes_the_key_is_followed_by_it() -> None:
    before = "function a() {} function b(r) { r.headers['x-v'] = {value: 'b'}; to('b'); }"
    assert sources_beside_key("const f = r.cookies.ab ? b : a; f(r);", before, headers=("x-v",)) == set()


DRAW = "function draw() { return Math.random() < 0.1 ? 'b' : 'a'; }"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("const v = draw(); r.headers['x-v'] = {value: v}; to(v);", set()),
        (
            "let v = 'a'; if (r.cookies.ab) { v = draw(); } else { v = draw(); } r.headers['x-v'] = {value: v}; to(v);",
            set(),
        ),
        ("r.headers['x-v'] = {value: draw()}; to(draw());", {"chance Math.random()"}),
        ("const v = draw(); r.headers['x-v'] = {value: v}; to(draw() + v);", {"chance Math.random() (2)"}),
        (
            "if (Math.random() < 0.1) { r.headers['x-v'] = {value: 'b'}; } if (Math.random() < 0.1) { to('b'); }",
            {"chance Math.random()"},
        ),
        ("r.headers['x-v'] = {value: '' + Date.now()}; to('' + Date.now());", set()),
    ],
)
def test_a_draw_in_the_key_is_followed_by_no_other_draw(body: str, expected: set[str]) -> None:
    unkeyed = sources_beside_key(body, DRAW, headers=("x-v",))
    assert unkeyed - {"cookie ab"} == expected


@pytest.mark.parametrize(
    "body",
    [
        "Object.assign(r.headers, {'x-v': {value: v}}); to(v);",
        "r.headers = Object.assign({}, r.headers, {'x-v': {value: v}}); to(v);",
        "r.headers = {...r.headers, 'x-v': {value: v}}; to(v);",
        "const add = {}; add['x-v'] = {value: v}; Object.assign(r.headers, add); to(v);",
    ],
)
def test_headers_that_are_put_there_together_are_written_one_by_one(body: str) -> None:
    choice = f"const v = r.cookies.ab ? 'b' : 'a'; {body}"
    assert sources_beside_key(choice, headers=("x-v",)) == set()
    assert sources_beside_key(choice) == {"cookie ab"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("to(['ab'].reduce((a, n) => r.cookies[n] ? 'b' : a, 'a'));", {"cookie ab"}),
        ("to(['ab'].reduce((a, n) => a + r.cookies[n].value, ''));", {"cookie ab"}),
        ("to(['ab'].reduceRight((a, n) => n, r.cookies.cd.value));", {"cookie cd"}),
        ("to(['a', 'b'].reduce((a, b) => a + b));", set()),
        ("const names = ['ab']; names.includes('cd'); if (r.cookies[names[0]]) { to('b'); }", {"cookie ab"}),
        ("let name = 'ab'; name.startsWith(r.uri); if (r.cookies[name]) { to('b'); }", {"cookie ab"}),
    ],
)
def test_what_a_method_only_looks_at_is_not_put_into_the_list(body: str, expected: set[str]) -> None:
    assert sources_beside_key(body) == expected
