"""One run of a function: what it can see and do, what it logs, how it fails, and that nothing is remembered."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from simulator.cloudfront_functions import FunctionResult, FunctionRuntime, KeyValueStore

from .events import REQUEST_ID, event

ARN = "arn:aws:cloudfront::123456789012:key-value-store/a1b2c3d4"


def run(body: str, given: dict[str, Any] | None = None, **options: Any) -> FunctionResult:
    """The body of `async function handler(event)`."""
    location = options.pop("edge_location", None)
    code = (
        f"import cf from 'cloudfront';\nconst crypto = require('crypto');\nasync function handler(event) {{\n{body}\n}}"
    )
    return FunctionRuntime(code, **options).run(given or event(), edge_location=location)


def value(expression: str, **options: Any) -> Any:
    outcome = run(f"return {{ value: {expression} }};", **options)
    assert outcome.error is None, outcome.error_message
    return outcome.result.get("value")


def test_request_comes_back_as_it_was_with_compute_time_and_logs() -> None:
    given = event(cookies={"a": ["1", "2"]}, headers={"host": "www.example.com"}, querystring={"__proto__": "x"})
    outcome = run("console.log(event.viewer.ip); return event.request;", given)
    assert (outcome.result, outcome.error, outcome.logs) == (given["request"], None, ("198.51.100.11",))
    assert 0 < outcome.compute_us < 100_000


def test_function_without_async_and_with_a_promise_is_run_too() -> None:
    for body in ("return event.request.uri;", "return Promise.resolve(event.request.uri).then(uri => uri);"):
        assert FunctionRuntime(f"function handler(event) {{ {body} }}").run(event()).result == "/media/index.html"


def test_raw_query_string_is_a_method_and_undefined_without_a_query() -> None:
    body = "return { raw: event.request.rawQueryString(), keys: Object.keys(event.request) };"
    with_query = run(body, event() | {"rawQueryString": "b=%20&a=1&a"}).result
    assert with_query["raw"] == "b=%20&a=1&a"
    assert "rawQueryString" not in with_query["keys"]
    assert "raw" not in run(body).result


def test_edge_location_is_there_at_viewer_request() -> None:
    location = {"name": "SEA", "serverIp": "192.0.2.1", "region": "us-west-2"}
    assert value("cf.edgeLocation", edge_location=location) == location


@pytest.fixture
def store() -> KeyValueStore:
    return KeyValueStore(ARN, {"text": "größe\0", "json": '{"a":[1]}', "broken": "{"}, lambda: 1_700_000_000.0)


def test_store_gives_text_json_and_bytes(store: KeyValueStore) -> None:
    assert value("await cf.kvs().get('text')", kvs=store) == "größe\0"
    assert value("await cf.kvs().get('text', {format: 'string'})", kvs=store) == "größe\0"
    assert value("await cf.kvs().get('json', {format: 'json'})", kvs=store) == {"a": [1]}
    as_bytes = value("(await cf.kvs('a1b2c3d4').get('text', {format: 'bytes'})).toString('hex')", kvs=store)
    assert as_bytes == "größe\0".encode().hex()


def test_store_knows_what_exists_and_its_metadata(store: KeyValueStore) -> None:
    assert value("[await cf.kvs().exists('text'), await cf.kvs().exists('Text')]", kvs=store) == [True, False]
    assert value("await cf.kvs().count()", kvs=store) == 3
    assert value("await cf.kvs().meta()", kvs=store) == store.meta


def test_missing_key_rejects_and_fails_the_function_where_nobody_catches(store: KeyValueStore) -> None:
    message = 'KeyNotFound: the key "lost" is not in the key value store'
    caught = run("try { await cf.kvs().get('lost'); } catch (error) { return { e: String(error) }; }", kvs=store)
    assert caught.result == {"e": message}
    uncaught = run("await cf.kvs().get('lost');", kvs=store)
    assert (uncaught.error, uncaught.error_message) == ("unhandled", f"{message} (line 4)")


def test_broken_json_and_unknown_formats_reject(store: KeyValueStore) -> None:
    assert run("await cf.kvs().get('broken', {format: 'json'});", kvs=store).error_message.startswith("SyntaxError: ")
    outcome = run("await cf.kvs().get('text', {format: 'xml'});", kvs=store)
    assert outcome.error_message == "TypeError: format must be string, json or bytes (line 4)"


def test_function_without_a_store_or_with_another_id_cannot_have_one(store: KeyValueStore) -> None:
    without = run("cf.kvs();")
    assert without.error_message.startswith("KVSNamespaceNotFound: no key value store is associated with the function")
    other = run("cf.kvs('other');", kvs=store)
    assert other.error_message.startswith(
        "KVSNamespaceNotFound: the function is not associated with the key value store"
    )


def test_changed_store_is_seen_by_the_next_run(store: KeyValueStore) -> None:
    runtime = FunctionRuntime(
        "import cf from 'cloudfront';\nasync function handler() { return await cf.kvs().get('k'); }", store
    )
    assert runtime.run(event()).error == "unhandled"
    store.put("k", "1")
    assert runtime.run(event()).result == "1"
    store.put("k", "2")
    assert runtime.run(event()).result == "2"


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
@pytest.mark.parametrize(
    "text",
    ["", "\0", "release\0visitor", "\0a\0", "a\x01b\0c", "größe 😀", "😀\0größe", "x" * 399, "x" * 400, "x" * 2000],
)
def test_digests_are_those_of_python(algorithm: str, text: str) -> None:
    literal = json.dumps(text)
    digest = hashlib.new(algorithm, text.encode(), usedforsecurity=False).digest()
    mac = hmac.digest("schlüssel".encode(), text.encode(), algorithm)
    found = value(
        f"[crypto.createHash('{algorithm}').update({literal}).digest('hex'),"
        f" crypto.createHmac('{algorithm}', 'schl\\u00fcssel').update({literal}).digest('base64url'),"
        f" crypto.createHash('{algorithm}').update(Buffer.from({literal})).digest().toString('base64')]"
    )
    base64url = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    assert found == [digest.hex(), base64url, base64.b64encode(digest).decode()]


def test_digest_of_parts_is_that_of_the_whole_and_is_taken_once() -> None:
    outcome = run("const h = crypto.createHash('sha256').update('a').update('b'); h.digest('hex'); h.digest('hex');")
    assert outcome.error_message.startswith("Error: Digest already called")
    assert (
        value("crypto.createHash('sha256').update('a').update('b').digest('hex')") == hashlib.sha256(b"ab").hexdigest()
    )


def test_unknown_algorithm_is_refused() -> None:
    assert run("crypto.createHash('sha512');").error_message.startswith('TypeError: not supported algorithm: "sha512"')


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("Buffer.from('größe').toString('base64')", "Z3LDtsOfZQ=="),
        ("Buffer.from('Z3LDtsOfZQ', 'base64url').toString()", "größe"),
        ("Buffer.concat([Buffer.from('6162', 'hex'), Buffer.from([99])]).toString()", "abc"),
        ("Buffer.alloc(3, 'ab').toString()", "aba"),
        ("Buffer.from('abc').indexOf('c')", 2),
        ("Buffer.from('abc').equals(Buffer.from('abc'))", True),
        ("Buffer.from([1, 2, 3, 4]).readUInt32BE(0)", 0x01020304),
        ("Buffer.from([255, 255]).readInt16LE(0)", -1),
        ("JSON.stringify(Buffer.from('a'))", '{"type":"Buffer","data":[97]}'),
        ("Buffer.from([0xf0, 0x9f, 0x98, 0x80, 0xff]).toString()", "😀�"),
        ("new TextDecoder().decode(new TextEncoder().encode('größe 😀'))", "größe 😀"),
        ("btoa('abc') + atob('YWJj')", "YWJjabc"),
        ("'a-b-c'.replaceAll('-', '+')", "a+b+c"),
        ("typeof globalThis + typeof Promise.any + typeof Symbol.for", "objectfunctionfunction"),
        ("require('querystring').parse('name=value&abc=xyz&abc=%FF')", {"name": "value", "abc": ["xyz", "�"]}),
        (
            "require('querystring').stringify({name: 'va lue', abc: ['xyz', '123'], other: ''})",
            "name=va%20lue&abc=xyz&abc=123&other=",
        ),
    ],
)
def test_built_in_modules_do_what_their_page_says(expression: str, expected: object) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize("name", ["['a'].flat", "'a'.at", "Object.fromEntries", "Array.from", "console.error"])
def test_method_that_the_page_does_not_list_is_not_there(name: str) -> None:
    assert value(f"typeof {name}") == "undefined"


def test_date_stands_still() -> None:
    found = value(
        "[Date.now(), new Date().toISOString(), new Date(0).getTime(), Date.UTC(1970, 0, 2)]",
        clock=lambda: 1_700_000_000.0,
    )
    assert found == [1_700_000_000_000, "2023-11-14T22:13:20.000Z", 0, 86_400_000]


def test_code_cannot_be_made_at_run_time() -> None:
    outcome = run("return (function () {}).constructor('return 1')();")
    assert outcome.error_message.startswith("TypeError: function constructor is disabled")


def test_nothing_is_remembered_between_runs() -> None:
    code = "let count = 0;\nfunction handler(event) { count += 1; Object.prototype.seen = ({}).seen ? 2 : 1;"
    runtime = FunctionRuntime(
        code + " String.prototype.trim = () => 'changed'; return [count, ({}).seen, ' a '.trim()]; }"
    )
    assert [runtime.run(event()).result for _ in range(3)] == [[1, 1, "changed"]] * 3
    assert value("' a '.trim() + typeof ({}).seen") == "aundefined"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("throw new Error('no');", "Error: no (line 4)"),
        ("return event.request.lost.value;", "TypeError: cannot read property 'value' of undefined (line 4)"),
        ("throw 'text';", "text"),
        ("return await Promise.reject(new RangeError('far'));", "RangeError: far (line 4)"),
        ("function f() { return f() + 1; } return f();", "RangeError: Maximum call stack size exceeded (line 4)"),
        ("await new Promise(() => 1);", "Error: the promise that handler returned was never settled"),
    ],
)
def test_failure_says_what_and_where(body: str, message: str) -> None:
    outcome = run(body)
    assert (outcome.error, outcome.error_message, outcome.result) == ("unhandled", message, None)


def test_code_without_handler_fails() -> None:
    outcome = FunctionRuntime("function other() {}").run(event())
    assert outcome.error_message.startswith('ReferenceError: the code has no function "handler"')


@pytest.mark.long
@pytest.mark.parametrize("body", ["for (;;) {}", "/(a+)+$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab');"])
def test_function_that_never_ends_is_stopped_and_others_go_on(body: str) -> None:
    endless = FunctionRuntime(f"function handler(event) {{ {body} }}", compute_limit_seconds=0.05)
    assert endless.run(event()).error == "timeout"
    assert value("1") == 1


def test_function_that_takes_two_megabytes_fails() -> None:
    outcome = run("const all = []; for (let i = 0; i < 400000; i += 1) { all.push({ i: i }); } return event.request;")
    assert (outcome.error, outcome.error_message) == (
        "unhandled",
        "InternalError: out of memory: a function has 2 MB",
    )
    assert value("1") == 1


def test_a_result_that_there_is_no_memory_left_to_write_is_told_so() -> None:
    outcome = run("const a = []; for (let i = 0; i < 175; i += 1) { a.push('é'.repeat(4000) + i); } return a;")
    assert (outcome.error, outcome.error_message) == (
        "unhandled",
        "InternalError: out of memory: a function has 2 MB",
    )
    assert value("1") == 1


def test_result_that_is_no_json_is_told_apart() -> None:
    outcome = run("const a = {}; a.a = a; return a;")
    assert (outcome.error, outcome.error_message) == (
        "unreadable",
        "the result is not JSON: TypeError: circular reference",
    )


@pytest.mark.parametrize("text", ["", "a line", "größe", "😀", "a\0b", "\ud800", '"quoted"\n', "x" * 399, "x" * 5_000])
def test_logs_come_as_they_were_written_and_in_their_order(text: str) -> None:
    outcome = run(f"console.log('first'); console.log({json.dumps(text)}); console.log('last'); return event.request;")
    assert outcome.logs == ("first", text, "last")


def test_a_line_put_together_of_long_parts_is_logged_whole() -> None:
    outcome = run("const a = 'a'.repeat(300) + event.request.uri; console.log(a + a); return event.request;")
    assert outcome.logs == (("a" * 300 + event()["request"]["uri"]) * 2,)


def test_log_is_cut_at_ten_kilobytes() -> None:
    outcome = run("for (let i = 0; i < 20; i += 1) { console.log('x'.repeat(1000)); } return event.request;")
    assert sum(map(len, outcome.logs)) == 10_240


def test_origin_calls_are_handed_on_unchecked() -> None:
    outcome = run(
        "cf.updateRequestOrigin({domainName: 'a'}); cf.updateRequestOrigin({domainName: 'b'}); return event.request;"
    )
    assert outcome.origin_update is not None
    assert (outcome.origin_update.update, outcome.origin_update.is_selection) == ({"domainName": "b"}, False)
    selected = run("cf.selectRequestOriginById('canary'); return event.request;").origin_update
    assert selected is not None
    assert (selected.id, selected.update, selected.is_selection) == ("canary", {}, True)


def test_origin_cannot_be_changed_at_viewer_response_nor_groups_be_made() -> None:
    late = run("cf.updateRequestOrigin({});", event("viewer-response"))
    assert late.error_message.startswith("Error: updateRequestOrigin works in viewer-request functions only")
    group = run("cf.createRequestOriginGroup({});")
    assert group.error_message.startswith("Error: createRequestOriginGroup is not simulated")


def test_request_id_is_in_the_context() -> None:
    assert value("event.context.requestId") == REQUEST_ID
