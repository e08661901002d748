"""What holds for every registered strategy, whatever it does."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from infra.config.base_model import section_name
from router.model import names, origin_rules
from router.model.decision import Decision, Origin
from router.model.request import Body, Request
from strategies.base import Needs
from strategies.fastest_origin import FastestOrigin
from strategies.options import camel_case
from strategies.registry import STRATEGIES, load
from tests.strategies.fakes import ORIGINS, Assigned, FakeTable, errors_of, make_edge
from tests.strategies.samples import is_declared, sample_options

ROOT = Path(__file__).parents[2]
SECRET = "0123456789abcdef0123456789abcdef"

# Options as baked JSON has them: lists, never tuples. Other strategies have those of tests.strategies.samples.
SAMPLES: dict[str, dict[str, Any]] = {
    "sticky-session": {"replicas": ["eu-west-1"], "remember_in_cookie": True, "signing_keys": ["0123456789abcdef"]},
    "cookie-version": {"signing_keys": ["0123456789abcdef"]},
    "jwt-iat": {"released_at": "2026-11-01T00:00:00Z", "algorithm": "HS256", "secret": SECRET, "cookie": "jwt"},
    "tenant-lookup": {"allowed_domains": [".example.com"], "replicas": ["eu-west-1"]},
    "fastest-origin": {"candidates": ["stable", "canary"]},
    "tier": {"header": "X-Tier", "cookie": "tier", "tiers": {"premium": {"domain_name": "premium.example.com"}}},
}
ITEMS = {
    ("known",): {"version": {"S": "2"}, "expiration": {"N": "99999999999"}},
    ("t1", "a1"): {"defaultBackend": {"S": "tenant-a.example.com"}},
}
VERSIONED: dict[str, dict[str, Any]] = {
    "sticky-session": {"caching": "versioned", "version_cookie": "app-version", "remember_in_cookie": False},
    "cookie-version": {"caching": "versioned", "application_cookies": ["lang"]},
}
"""On top of the samples, where a function before the cache assigns."""
every_strategy = pytest.mark.parametrize("name", sorted(STRATEGIES))


def sample_of(name: str) -> dict[str, Any]:
    return copy.deepcopy(SAMPLES[name]) if name in SAMPLES else sample_options(name)


def make_options(name: str) -> Any:
    return load(name).Options(**sample_of(name))


def build(name: str, failure: str = "") -> Assigned:
    edge = make_edge(table=FakeTable(ITEMS, failure))
    if name == "fastest-origin":
        probe = lambda origin, *_: 200 if origin.name == "canary" else 503  # noqa: E731
        return Assigned(FastestOrigin(make_options(name), edge, probe=probe), 50)
    return Assigned(load(name)(make_options(name), edge), 50)


texts = st.text(max_size=40)
cookies = st.sampled_from(
    [
        "sessiontoken=known",
        "tier=premium",
        "sessiontoken",
        "app-version=canary",
        "app-version=stable.x.y",
        "jwt=a.b.c",
        "=",
        ";;",
    ]
)
HEADERS = ("cookie", "authorization", "host", "x-odd")
headers = st.fixed_dictionaries(
    {},
    optional={
        "cookie": st.lists(st.one_of(cookies, texts), max_size=3),
        "authorization": st.one_of(texts, texts.map("Bearer {}".format)),
        "host": texts,
        "x-odd": texts,
    },
)
json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=5,
)
documents = st.one_of(
    json_values,
    st.just({"tenantId": "t1", "accountId": "a1"}),
    st.fixed_dictionaries({"tenantId": json_values, "accountId": json_values}),
).map(json.dumps)
bodies = st.builds(Body, st.one_of(texts, documents), st.sampled_from(["text", "base64", "odd"]), st.booleans())
requests = st.builds(
    Request,
    method=st.sampled_from(["GET", "HEAD", "POST", "QUERY"]),
    path=texts.map("/{}".format),
    query_string=texts,
    headers=headers,
    body=st.none() | bodies,
    request_id=st.one_of(st.just(""), texts),
)


def state_of(request: Request) -> object:
    body = request.body and (request.body.data, request.body.encoding, request.body.is_truncated)
    headers = {name: request._values_of(name) for name in HEADERS}
    return copy.deepcopy(
        (request.method, request.path, request.query_string, headers, body, request.client_ip, request.request_id)
    )


def assert_valid(decision: Decision) -> None:
    if isinstance(decision.origin, Origin):
        assert origin_rules.domain_name(decision.origin.domain_name) == ""
        assert decision.origin.protocol in {"http", "https"}
        assert 1 <= decision.origin.port <= 65_535
    else:
        assert decision.origin in ORIGINS
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", decision.reason), decision.reason
    assert decision.bucket is None or 0 <= decision.bucket < 10_000


@every_strategy
def test_the_class_knows_the_name_it_is_registered_under(name: str) -> None:
    assert load(name).name == name
    assert load(name).__doc__


@every_strategy
def test_needs_are_pure(name: str) -> None:
    strategy, options = load(name), make_options(name)
    before = copy.deepcopy(options)
    needs = strategy.needs(options)
    assert isinstance(needs, Needs)
    assert strategy.needs(options) == needs
    assert strategy.warnings(options) == strategy.warnings(options)
    assert options == before


@pytest.mark.parametrize("name", sorted(VERSIONED))
def test_versions_are_kept_only_where_a_function_assigns_them_before_the_cache(name: str) -> None:
    options = load(name).Options(**(sample_of(name) | VERSIONED[name]))
    needs = load(name).needs(options)
    assert (needs.is_cacheable, needs.version_header, needs.viewer_function) == (True, "x-router-version", "canary")
    assert needs.function_triggers == ("viewer-request", "viewer-response")
    assert not needs.origin_response
    uncached = load(name).needs(make_options(name))
    assert (uncached.is_cacheable, uncached.version_header, uncached.viewer_function) == (False, "", "")


@pytest.mark.parametrize("name", sorted(VERSIONED))
@given(request=requests, failure=st.sampled_from(["", "timeout"]))
def test_any_request_gets_a_valid_decision_with_versioned_caching(name: str, request: Request, failure: str) -> None:
    options = load(name).Options(**(sample_of(name) | VERSIONED[name]))
    strategy = load(name)(options, make_edge(table=FakeTable(ITEMS, failure)))
    assert_valid(Assigned(strategy, 50).choose(request))


@every_strategy
def test_needs_name_only_what_cloudfront_can_forward(name: str) -> None:
    needs = load(name).needs(make_options(name))
    assert [text for text in map(names.cookie_name, needs.cookies) if text] == []
    assert [text for text in map(names.header_name, needs.headers) if text] == []
    assert needs.headers == {header.lower() for header in needs.headers}


@every_strategy
@given(request=requests, failure=st.sampled_from(["", "timeout", "throttled"]))
def test_any_request_gets_a_valid_decision_and_stays_as_it_was(name: str, request: Request, failure: str) -> None:
    before = state_of(request)
    decision = build(name, failure).choose(request)
    assert_valid(decision)
    assert is_declared(decision.reason, name), decision.reason
    assert state_of(request) == before


@every_strategy
@given(request=requests)
def test_the_same_request_gets_the_same_decision(name: str, request: Request) -> None:
    assert build(name).choose(copy.deepcopy(request)) == build(name).choose(request)


MARKER = "zq7marker7qz"


@every_strategy
@pytest.mark.parametrize(
    "request_",
    [
        Request(headers={"cookie": f"sessiontoken={MARKER}; app-version={MARKER}; jwt={MARKER}"}, request_id=MARKER),
        Request(headers={"authorization": f"Bearer {MARKER}.{MARKER}.{MARKER}"}, query_string=f"tenantId={MARKER}"),
        Request(body=Body(json.dumps({"tenantId": MARKER, "accountId": MARKER}), "text"), path=f"/{MARKER}"),
        Request(body=Body(MARKER, "text"), client_ip=MARKER),
    ],
)
def test_a_reason_never_quotes_the_request(name: str, request_: Request) -> None:
    for failure in ("", "timeout"):
        strategy = build(name, failure)
        assert MARKER not in strategy.choose(request_).reason
    assert not any(MARKER in text for step in request_.steps for text in step)


@every_strategy
def test_every_reason_that_a_request_gets_is_declared(name: str) -> None:
    requests = [
        Request(),
        Request(headers={"cookie": "sessiontoken=known; app-version=canary; jwt=a.b.c"}),
        Request(headers={"authorization": "Bearer x", "cookie": f"sessiontoken={'x' * 2_000}"}),
        Request(body=Body('{"tenantId":"t1","accountId":"a1"}', "text")),
        Request(body=Body("[]", "text")),
    ]
    given = {build(name, failure).choose(request).reason for failure in ("", "timeout") for request in requests}
    assert {reason for reason in given if not is_declared(reason, name)} == set()


@every_strategy
def test_pydantic_builds_the_options_as_the_edge_does(name: str) -> None:
    options = load(name).Options
    built = TypeAdapter(options).validate_python(sample_of(name))
    assert isinstance(built, options)
    assert load(name).needs(built) == load(name).needs(make_options(name))


# The infrastructure checks Regions and presets; names of attributes, an issuer and the like may be any text.
CHECKED = {
    "sticky-session": {
        *("cookie", "table_name", "caching", "version_cookie", "application_cookies", "path", "same_site"),
        *(
            "remember_cookie",
            "remember_cookie_seconds",
            "signing_keys",
            "signed_cookie",
            "cookie_secrets",
            "key_digest",
        ),
    },
    "cookie-version": {
        *("cookie", "max_age_seconds", "domain", "signing_keys", "caching", "application_cookies", "path", "same_site"),
    },
    "jwt-iat": {
        *("header", "cookie", "released_at", "algorithm", "secret", "public_key", "audience_claims", "leeway_seconds"),
    },
    "tenant-lookup": {"table_name", "source", "accept", "allowed_domains", "max_id_characters"},
    "fastest-origin": {"candidates", "path", "probe_timeout_ms", "refresh_seconds"},
    "tier": {"query", "header", "cookie", "order", "default", "forwarded_cookies", "application_cookies"},
}
"""The options that refuse what test_a_mistake_names_an_option_that_exists gives them."""


@every_strategy
def test_a_mistake_names_an_option_that_exists(name: str) -> None:
    options = load(name).Options
    known = {camel_case(field.name) for field in fields(options)}
    refused: set[str] = set()
    for field in fields(options):
        wrong = {"int": -1, "str": "\x00 ://", "tuple[str, ...]": ["://"]}.get(str(field.type))
        if wrong is None:
            continue
        problems = errors_of(options, **(sample_of(name) | {field.name: wrong}))
        assert {problem for problem, _ in problems} <= known
        assert all(text for _, text in problems)
        refused |= {field.name for problem, _ in problems if problem == camel_case(field.name)}
    assert refused == CHECKED.get(name, refused)


@every_strategy
def test_a_strategy_imports_nothing_but_the_standard_library(name: str) -> None:
    """Run without site-packages, as the edge does: an import of pydantic, pulumi or boto3 would fail there."""
    module = STRATEGIES[name].partition(":")[0]
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import {module}
own = {{name.partition('.')[0] for name in sys.modules}} - set(sys.stdlib_module_names)
print(*sorted(own - {{'__main__'}}))
"""
    run = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("router strategies\n", "")


def test_sections_are_the_names_in_camel_case() -> None:
    sections = {
        "sticky-session": "stickySession",
        "cookie-version": "cookieVersion",
        "jwt-iat": "jwtIat",
        "tenant-lookup": "tenantLookup",
        "fastest-origin": "fastestOrigin",
        "tier": "tier",
    }
    assert {name: section_name(name) for name in sections} == sections


def test_an_unregistered_name_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        load("no-such-strategy")
