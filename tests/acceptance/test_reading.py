"""A test file is read with the line and the key of every mistake in it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from acceptance.format.read import TestFileError
from acceptance.run.place import overrides
from simulator.standin.config.override import Setting
from simulator.standin.config.stack_config import read_stack_config
from simulator.standin.model.errors import StackConfigError
from tests.acceptance.fakes import read

ROOT = Path(__file__).parents[2]
WRONG = """\
tests:
  - name: one
    steps:
      - request: /
        expct: {}
      - request: { path: "a b", headrs: {} }
        expect:
          status: 2000
          version: canari
          headers:
            x-a: { matches: "(" }
            "x a": 1
            x-b: { absent: false }
            x-c:
          body: { json: { $.: 1 } }
          cache: hot
      - advance: 5
        visitor: x
      - {}
      - request: GET nowhere
      - request: { body: a, json: {} }
        visitors: 3
        expect: { share: { percent: 50 } }
      - request: /
        expect: { share: {} }
      - { request: /, draw: canary }
  - name: one
    only: laptop
    steps: [{ wait: 1s }]
"""
TEN = ", ".join(["*a{0}"] * 10)
ALIASES = "a0: &a0 {x: y}\n" + "".join(f"a{n + 1}: &a{n + 1} [{TEN.format(n)}]\n" for n in range(9)) + "tests: *a9\n"
MERGED_ALIASES = "a0: &a0 {x: y}\n" + "".join(f"a{n + 1}: &a{n + 1} {{<<: [{TEN.format(n)}]}}\n" for n in range(9))
"""A short text for a thousand million values."""
ERRORS = """\
5: tests[0].steps[0].expct is an unknown key: did you mean expect? Allowed: advance, coldStart, draw, expect, \
invalidate, origin, request, session, set, tenant, visitor, visitors, wait
6: tests[0].steps[1].request.headrs is an unknown key: did you mean headers? Allowed: body, cookies, follow, headers, \
host, json, method, path, region, repeat, timeout, token
6: tests[0].steps[1].request.path is 'a b': a path begins with /, in ASCII without spaces and #, such as /a?b=%20c
8: tests[0].steps[1].expect.status is '2000': a status code such as 200, a class such as 2xx, or a list of them
16: tests[0].steps[1].expect.cache is 'hot': did you mean hit? Allowed: error, hit, miss, refresh-hit
11: tests[0].steps[1].expect.headers.x-a.matches is '(': not a regular expression: missing ), unterminated subpattern \
at position 0
12: tests[0].steps[1].expect.headers["x a"] is 'x a': a header name is a token by RFC 9110, that is letters, digits \
and !#$%&'*+-.^_`|~
13: tests[0].steps[1].expect.headers.x-b has 1 conditions: write one of equals, oneOf, contains, matches, absent \
(absent: true only)
14: tests[0].steps[1].expect.headers.x-c is empty: a value, a list of values or a condition such as absent: true
15: tests[0].steps[1].expect.body.json["$."] is '$.': not a JSON path: Parse error near the end of string!
17: tests[0].steps[2].advance is 5: a duration such as 500ms, 5s, 10m or 1h
19: tests[0].steps[3] has nothing to do: a step has one of request, wait, set, session, tenant, origin, invalidate, \
advance, coldStart
20: tests[0].steps[4].request is 'GET nowhere': a path such as /, or a method and a path such as POST /orders
21: tests[0].steps[5].request has body and json: write one of them
25: tests[0].steps[6].expect.share has a share without visitors: say how many are counted
26: tests[0].steps[7] has draw without visitor: name the one who is drawn
28: tests[1].only is 'laptop': allowed: address, local
"""


def errors_of(folder: Path, text: str, **environment: str) -> list[str]:
    with pytest.raises(TestFileError) as raised:
        read(folder, text, **environment)
    return [error.removeprefix(f"{folder / 'file.yaml'}:").strip() for error in raised.value.errors]


def test_every_mistake_has_its_line_its_key_and_what_is_allowed(tmp_path: Path) -> None:
    assert errors_of(tmp_path, WRONG) == ERRORS.splitlines()


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        (
            "{ request: /, visitors: 3, expect: { share: { percent: 50 } } }",
            "5: tests[0].steps[0].expect.share accepts every count from 0 to 3, so it proves nothing: raise visitors",
        ),
        (
            "{ request: /, expect: { version: canari } }",
            "5: tests[0].steps[0].expect.version is 'canari': did you mean",
        ),
        (
            "{ request: /, visitor: a, draw: same }",
            "5: tests[0].steps[0].draw is 'same': did you mean stable? Allowed: canary, stable",
        ),
        ("{ request: / , visitors: 3, visitor: a }", "5: tests[0].steps[0] has visitors and a visitor: write one of"),
        ("{ request: { path: /, repeat: 1000 }, visitors: 1000 }", "5: tests[0].steps[0] sends 1,000,000 requests: at"),
        ("{ wait: 1s }", "4: tests[0].steps sends no request: a test has a step with request"),
        (
            "{ request: { token: { issuedAt: yesterday } } }",
            "5: tests[0].steps[0].request.token.issuedAt is 'yesterday'",
        ),
        (
            "{ request: { region: nowhere } }",
            "5: tests[0].steps[0].request.region is 'nowhere', which is not an AWS Region: allowed: af-",
        ),
        (
            "{ session: { id: a, expiresIn: soon } }",
            "5: tests[0].steps[0].session.expiresIn is 'soon': a duration from",
        ),
        (
            "{ request: { headers: { x-a: '${NOT_SET}' } } }",
            "5: tests[0].steps[0].request.headers.x-a has ${NOT_SET}, ",
        ),
    ],
)
def test_what_makes_no_sense_together_is_named(tmp_path: Path, steps: str, error: str) -> None:
    text = f"name: x\ntests:\n  - name: one\n    steps:\n      - {steps}\n"
    assert any(found.startswith(error) for found in errors_of(tmp_path, text)), errors_of(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("- a\n", "must be an object with the key tests"),
        ("tests: []\n", "1: tests is empty: a file has at least one test"),
        ("name: x\n", "1: tests is missing: it is required"),
        ("tests: &a [*a]\n", "is nested too deeply, or in itself"),
        ("tests:\n- a: [\n", "2: is not valid YAML: expected the node content, but found the end of the file"),
        (ALIASES, "its aliases stand for more than 100,000 values"),
        (MERGED_ALIASES, "7: its aliases stand for more than 100,000 values"),
    ],
)
def test_what_is_no_test_file_is_named(tmp_path: Path, text: str, error: str) -> None:
    [found] = errors_of(tmp_path, text)
    assert found == error


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("$.a.`sub(/(/, y)`", "missing ), unterminated subpattern at position 0"),
        ("$.a.`sub(x)`", "sub(x) is not valid"),
        ("$.a.`split(`", "split( is not valid"),
        ("$.a.`nothing`", "Unknown named operator `nothing` at 1:12"),
        ("$.a[0:'b']", "Parse error at 1:8 near token b (ID)"),
    ],
)
def test_a_path_that_is_none_has_its_line_and_its_key(tmp_path: Path, path: str, why: str) -> None:
    expected = f"        expect: {{ body: {{ json: {{ {json.dumps(path)}: 1 }} }} }}\n"
    text = f"tests:\n  - name: one\n    steps:\n      - request: /\n{expected}"
    [error] = errors_of(tmp_path, text)
    key = f'tests[0].steps[0].expect.body.json["{path}"]'
    assert error == f"5: {key} is {path!r}: not a JSON path: {why}"


@pytest.mark.parametrize(
    ("key", "name"), [("200", "200"), ("~", "null"), ("true", "true"), ("1.5", "1.5"), ("2026-01-01", None)]
)
def test_a_key_that_is_no_text_is_an_unknown_key(tmp_path: Path, key: str, name: str | None) -> None:
    text = f"tests:\n  - name: a\n    steps:\n      - request: /\n        expect:\n          {key}: ok\n"
    [error] = errors_of(tmp_path, text)
    if name is not None:
        named = f"expect.{name}" if name != "1.5" else 'expect["1.5"]'
        assert error.partition(": ")[2].startswith(f"tests[0].steps[0].{named} is an unknown key: allowed: ")


def test_two_tests_of_one_name_are_told_apart_by_nobody(tmp_path: Path) -> None:
    text = "tests:\n  - { name: a, steps: [{ request: / }] }\n  - { name: a, steps: [{ request: / }] }\n"
    assert errors_of(tmp_path, text) == [
        "2: tests[0].name is 'a', the name of another test too",
        "3: tests[1].name is 'a', the name of another test too",
    ]


def test_variables_come_from_the_environment_and_no_message_shows_them(tmp_path: Path) -> None:
    text = "host: ${HOST}\nset: { override: { secret: '${SECRET}' } }\ntests: [{ name: a, steps: [{ request: / }] }]\n"
    file = read(tmp_path, text, HOST="www.example.com", SECRET="0123456789abcdef")
    assert (file.suite.host, file.suite.set) == ("www.example.com", {"override": {"secret": "0123456789abcdef"}})
    assert errors_of(tmp_path, text, HOST="no host", SECRET="x") == [
        "1: host is '${HOST}': a host name such as www.example.com"
    ]


def test_settings_are_spelled_as_the_option_set_has_them_but_for_lists_and_empty_objects() -> None:
    settings = {"pin": "none", "canaryPercent": 12.5, "a": {"b-c": [True, "x"], "d.e": None}, "jwtIat.secret": "s"}
    assert overrides(settings) == [
        "pin=none",
        "canaryPercent=12.5",
        Setting("a.b-c", [True, "x"]),
        'a["d.e"]=null',
        "jwtIat.secret=s",
    ]
    assert overrides({"a": [], "b": {"c": {}}, "d": {}}) == [Setting("a", []), Setting("b.c", {}), Setting("d", {})]


STACK = """\
config:
  edge-router:staticPaths: [/a/*, /b/*]
  edge-router:stickySession: { versions: { "1": stable }, replicas: [eu-west-1, ap-southeast-1], cookie: a }
"""


@pytest.mark.parametrize(
    ("settings", "key", "expected"),
    [
        ({"staticPaths": ["/c/*"]}, "staticPaths", ["/c/*"]),
        ({"staticPaths": []}, "staticPaths", []),
        (
            {"stickySession": {"replicas": ["eu-central-1"], "versions": {"2": "canary"}}},
            "stickySession",
            {"versions": {"1": "stable", "2": "canary"}, "replicas": ["eu-central-1"], "cookie": "a"},
        ),
        (
            {"stickySession": {"replicas": []}, "stickySession.versions": {}},
            "stickySession",
            {"versions": {}, "replicas": [], "cookie": "a"},
        ),
        ({"rules": [{"a": "007", "b": 1.5, "c": [True]}]}, "rules", [{"a": "007", "b": 1.5, "c": [True]}]),
        ({"names": {'a"b=c.d': 1, "e=f": {'"': []}}}, "names", {'a"b=c.d': 1, "e=f": {'"': []}}),
    ],
)
def test_a_list_and_an_empty_object_take_the_place_of_the_stacks(
    tmp_path: Path, settings: dict[str, object], key: str, expected: object
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: edge-router\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(STACK)
    found = read_stack_config("dev", project=tmp_path, overrides=overrides(settings)).values
    assert json.loads(found[f"edge-router:{key}"]) == expected


def test_a_list_in_a_place_that_is_none_is_named_as_the_option_set_would(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: edge-router\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(STACK)
    with pytest.raises(StackConfigError) as raised:
        read_stack_config("dev", project=tmp_path, overrides=overrides({"staticPaths.first": ["/ö"]}))
    assert str(raised.value) == "--set staticPaths.first: staticPaths is a list and has no keys"


FILES = sorted((ROOT / "demo/test_files").glob("*.yaml"))


@pytest.mark.long_if(r"cache|fastest|jwt|over|sticky|tenant")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_schema_for_editors_takes_the_files_that_there_are(path: Path) -> None:
    schema = json.loads((ROOT / "docs/test-file.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_the_schema_for_editors_finds_what_the_reader_finds() -> None:
    schema = json.loads((ROOT / "docs/test-file.schema.json").read_text(encoding="utf-8"))
    found = jsonschema.Draft202012Validator(schema).iter_errors(yaml.safe_load(WRONG))
    places = {"/".join(map(str, error.absolute_path)) for error in found}
    assert places >= {
        "tests/0/steps/0",  # expct
        "tests/0/steps/1/request",
        "tests/0/steps/1/expect/status",
        "tests/0/steps/1/expect/cache",
        "tests/0/steps/2/advance",
        "tests/1/only",
    }


def test_the_example_of_the_page_is_a_test_file(tmp_path: Path) -> None:
    example = re.search(r"^```yaml\n(.*?)^```", (ROOT / "docs/test-files.md").read_text(encoding="utf-8"), re.M | re.S)
    assert example
    assert read(tmp_path, example[1]).suite.tests[0].name == "new visitors are split"
