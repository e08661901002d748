"""What runtime 2.0 has not is found before the function runs; what it has is let through."""

from __future__ import annotations

import pytest

from simulator.cloudfront_functions import FunctionCodeError, FunctionRuntime, check_code
from simulator.cloudfront_functions.syntax import refused_features, without_imports


@pytest.mark.parametrize(
    ("code", "feature"),
    [
        ("for (const x of [1]) {}", "for…of; use for with an index, or forEach"),
        ("class A {}", "class"),
        ("const {a} = b;", "destructuring"),
        ("const [a] = b;", "destructuring"),
        ("function f({a}) {}", "destructuring"),
        ("f(...a);", "spread syntax (…); rest parameters are supported"),
        ("const b = {...a};", "spread syntax (…); rest parameters are supported"),
        ("a?.b;", "optional chaining (?.)"),
        ("a ?? b;", "nullish coalescing (??)"),
        ("a ||= b;", "||="),
        ("function f(a = 1) {}", "default parameters"),
        ("function* f() {}", "generator functions"),
        ("const b = {a};", "shorthand properties"),
        ("const b = {[a]: 1};", "computed property names"),
        ("const b = {f() {}};", "method shorthand; write name: function () {…}"),
        ("const b = 1n;", "BigInt literals"),
        ("const b = 0b1;", "binary and octal literals"),
        ("const b = /a/u;", "the regular expression flags u"),
        ("const b = '\\u{1F600}';", "code point escapes \\u{…}; write \\uXXXX"),
        ("try { f(); } catch { g(); }", "catch without a name for the error"),
        ("f`a`;", "tagged templates"),
        ("function f() { async function g() {} }", "async closures: declare async functions at the top level"),
        ("f(async () => 1);", "async functions as arguments"),
        ("async function f() { g(1 + await h()); }", "await in the arguments of a call: put it into a variable first"),
        ("eval('1');", "dynamic code evaluation"),
        ("new Function('return 1');", "dynamic code evaluation (the Function constructor)"),
        ("setTimeout(f, 1);", "timers: a function must run to completion at once"),
        ("fetch('https://example.com');", "network access"),
        ("process.env.A;", "process access"),
        ("new Map();", "the global Map"),
        ("console.log(1, 2);", "console.log with several arguments; join them with +"),
        ("console.error(1);", "console.error; there is only console.log"),
        ("require('fs');", "require of anything but cloudfront, crypto, querystring, buffer"),
        ("import('crypto');", "import()"),
        (
            "import { kvs } from 'cloudfront';",
            "imports other than `import name from 'module'` of cloudfront, crypto, querystring, buffer",
        ),
        ("export default f;", "export"),
    ],
)
def test_feature_that_the_page_does_not_list_is_refused_with_its_line(code: str, feature: str) -> None:
    found = refused_features(f"// one\n// two\n{code}\n")
    assert [str(refused) for refused in found] == [f"line 3: {feature}"]


LISTED = """
import cf from 'cloudfront';
const crypto = require('crypto');
let all = (first, ...rest) => rest.length + 2 ** 3;
async function read(key) { return await cf.kvs().get(key); }
const Map2 = {get value() { return 1_000; }, 'quoted-name': /(?<name>a)/g, fetch: 1, [`x`.length === 1 ? 'a' : 'b']: 2};
"""


def test_features_that_the_page_lists_are_let_through() -> None:
    code = LISTED.replace("[`x`.length === 1 ? 'a' : 'b']", "c")
    assert refused_features(code + "function f(process, URL) { return process + URL; }\nevent.fetch();") == []


def test_all_places_are_named_at_once() -> None:
    with pytest.raises(FunctionCodeError) as raised:
        check_code("class A {}\nnew Set();\n")
    assert str(raised.value) == (
        "JavaScript runtime 2.0 does not have: line 1: class; line 2: the global Set "
        "(AWS page functions-javascript-runtime-20)"
    )


def test_code_over_ten_kilobytes_is_refused() -> None:
    with pytest.raises(FunctionCodeError) as raised:
        check_code("// " + "é" * 5119)
    assert str(raised.value) == "the code has 10241 bytes: CloudFront takes at most 10240 (AWS page cloudfront-limits)"


def test_error_of_syntax_is_named_with_its_line() -> None:
    with pytest.raises(FunctionCodeError) as raised:
        FunctionRuntime("function handler(event) {\n  return event.;\n}")
    assert str(raised.value).startswith("line 2: SyntaxError: ")


def test_imports_become_constants_in_the_same_line() -> None:
    code = "import cf from 'cloudfront';\n\nimport crypto from \"crypto\";\nfunction handler() {}\n"
    assert without_imports(code) == (
        "const cf = require('cloudfront');\n\nconst crypto = require('crypto');\nfunction handler() {}\n"
    )
