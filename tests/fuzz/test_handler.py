"""Whatever a viewer sends and whatever the table holds: an answer that CloudFront accepts, and nothing else touched."""

from __future__ import annotations

import base64
import copy
import gzip
import json
import os
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router import baked
from router.cache_guard import FORWARDED, READ_ONLY_AT_ORIGIN_REQUEST
from router.dynamodb.client import ReadError
from router.dynamodb.clients import Clients
from simulator.cloudfront import validate_result
from simulator.sample_events import origin_request, origin_response
from strategies.registry import STRATEGIES
from tests.strategies.samples import sample_options

if TYPE_CHECKING:
    from router.model.decision import Item

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "12"))
SECRET = "0123456789abcdef0123456789abcdef"
OPTIONS: dict[str, dict[str, Any]] = {
    "sticky-session": {},
    "cookie-version": {"signing_keys": [SECRET]},
    "jwt-iat": {
        "released_at": "2026-11-01T00:00:00Z",
        "algorithm": "HS256",
        "secret": SECRET,
        "cookie": "jwt",
        "chunked_cookie": True,
        "audience": "shop",
        "audience_claims": ["aud", "client_id"],
    },
    "tenant-lookup": {"allowed_domains": [".example.com"]},
    "fastest-origin": {"probe_timeout_ms": 50},
    "tier": {"cookie": "other", "header": "x-tenant", "tiers": {"premium": {"domain_name": "premium.example.com"}}},
}
"""Another strategy has those of tests.strategies.samples."""

TABLES: dict[str, dict[str, Any]] = {
    "sticky-session": {
        "name": "sessions",
        "home_region": "us-east-1",
        "replicas": {"": ["eu-west-1", "us-east-1"]},
        "remember_seconds": 0,
    },
    "tenant-lookup": {
        "name": "tenants",
        "home_region": "us-east-1",
        "replicas": {"": ["us-east-1"]},
        "remember_seconds": 0,
    },
}
LIVE: dict[str, Any] = {
    "control": {
        "table": {"name": "control", "home_region": "us-east-1", "replicas": {"": ["eu-west-1", "us-east-1"]}},
        "refresh_seconds": 0,
        "read_timeout_ms": 400,
    },
    "metrics": {"namespace": "EdgeRouter", "stack": "edge-router-fuzz"},
    "groups": {"baseline": True, "holdout": {"percent": 30, "name": "2026-h2"}},
    "bots": {"extra": []},
}
"""Live control that is read anew each time, metrics, and groups of visitors."""
VARIANTS: dict[str, dict[str, Any]] = {
    "tenant-lookup, whatever it accepts": {
        "allowed_domains": [".example.com"],
        "tenant_field": ["variables.input.tenantId", "tenantId"],
        "account_field": ["variables.input.accountId", "accountId"],
        "tenant_attribute": "tenantId",
        "account_attribute": "accountId",
        "accept": ["numbers", "form", "gzip", "bom"],
    },
    "tenant-lookup, by host": {"allowed_domains": [".example.com"], "source": "host"},
}
"""More options of a strategy, whose name comes before the comma."""
every_strategy = pytest.mark.parametrize("name", [*STRATEGIES, *VARIANTS])
with_and_without_live_control = pytest.mark.parametrize("live", [{}, LIVE], ids=["baked", "live"])

text = st.text(max_size=60)
token = st.one_of(text, st.text("abcdefABC123._-=", max_size=60), st.just("x" * 8_000))
json_value = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), text),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(text, inner, max_size=3)),
    max_leaves=6,
)


def _segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


jwt = st.builds(
    lambda header, payload, signature: f"{_segment(header)}.{_segment(payload)}.{signature}",
    st.one_of(
        json_value, st.fixed_dictionaries({"alg": st.sampled_from(["HS256", "none", "RS256"]), "kid": json_value})
    ),
    st.one_of(json_value, st.fixed_dictionaries({"iat": json_value, "sub": json_value, "exp": json_value})),
    text,
)
cookie_header = st.one_of(
    text,
    st.builds(
        lambda name, value: f"{name}={value}",
        st.sampled_from(["sessiontoken", "app-version", "jwt", "jwt.0", "jwt.1", "$Version", "other"]),
        st.one_of(
            token,
            jwt,
            jwt.map(lambda value: f"Bearer%20{value}"),
            st.builds(lambda name, v: f"{name}.05e01bd6.{v}", st.sampled_from(["canary", "baseline"]), token),
        ),
    ),
)
identifiers = st.fixed_dictionaries(
    {},
    optional={"tenantId": st.one_of(json_value, st.just("acme")), "accountId": st.one_of(json_value, st.just("a-1"))},
)
numbered = st.one_of(json_value, st.integers(), st.sampled_from(["acme", -0.0, True]))
nested = st.fixed_dictionaries(
    {},
    optional={
        "tenantId": numbered,
        "variables": st.one_of(
            json_value,
            st.fixed_dictionaries({"input": st.fixed_dictionaries({"tenantId": numbered, "accountId": numbered})}),
        ),
    },
)
plain_body = st.one_of(
    nested.map(lambda value: json.dumps(value).encode()),
    nested.map(lambda value: b"\xef\xbb\xbf" + json.dumps(value).encode()),
    st.text("abc=&%+123ZtenantIdaccount", max_size=60).map(str.encode),
    st.just(b"tenantId=acme&accountId=a-1"),
    st.just(b"0" * 1_100_000),
)
unusual_body = st.one_of(
    plain_body,
    plain_body.map(gzip.compress),
    st.builds(lambda content, size: gzip.compress(content)[:size], plain_body, st.integers(0, 60)),
    st.builds(lambda content, more: gzip.compress(content) + more, plain_body, st.binary(max_size=9)),
)
body_data = st.one_of(
    text,
    unusual_body.map(lambda content: base64.b64encode(content).decode()),
    st.binary(max_size=60).map(lambda data: base64.b64encode(data).decode()),
    st.one_of(json_value, identifiers).map(lambda value: base64.b64encode(json.dumps(value).encode()).decode()),
    st.integers(1, 3_000).map(lambda depth: base64.b64encode(b"[" * depth + b"]" * depth).decode()),
)
body = st.fixed_dictionaries(
    {
        "data": body_data,
        "encoding": st.sampled_from(["base64", "text"]),
        "inputTruncated": st.booleans(),
        "action": st.just("read-only"),
    }
)
event = st.builds(
    origin_request,
    cookies=st.lists(cookie_header, max_size=3),
    headers=st.builds(
        lambda *parts: {name: value for part in parts for name, value in part.items()},
        st.dictionaries(
            st.sampled_from(
                ["Authorization", "X-Tenant", "X-Origin-Secret", "X-Router-Trace", "User-Agent", "Purpose"]
            ),
            st.one_of(token, jwt.map(lambda value: f"Bearer {value}")),
        ),
        st.fixed_dictionaries(
            {},
            optional={
                "Content-Encoding": st.sampled_from(["gzip", "X-GZIP", "br", "gzip, gzip"]),
                "Content-Type": st.sampled_from(["application/x-www-form-urlencoded; charset=utf-8", "text/plain"]),
                "Host": st.one_of(token, st.sampled_from(["www.example.com", "WWW.example.com:443", "[::1]"])),
            },
        ),
    ),
    querystring=st.one_of(st.just(""), st.text("abc=&%+123ZtenantId", max_size=60)),
    body=st.one_of(st.none(), body),
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]),
    request_id=st.text("abc123_=", min_size=1, max_size=20),
    custom_headers=st.one_of(
        st.just({}), st.just({"x-origin-secret": [{"key": "X-Origin-Secret", "value": "secret"}]})
    ),
)
attribute = st.one_of(
    st.fixed_dictionaries({"S": st.one_of(text, st.sampled_from(["1", "2", "acme.example.com", "evil.test"]))}),
    st.fixed_dictionaries({"N": st.one_of(text, st.sampled_from(["1", "1e400", "-0", "NaN", "99999999999"]))}),
    st.dictionaries(text, json_value, max_size=2),
)
item = st.one_of(
    st.none(),
    st.sampled_from(["timeout", "refused", "throttled"]),
    st.dictionaries(st.sampled_from(["version", "expiration", "defaultBackend", "x"]), attribute, max_size=4),
)


control_attribute = st.one_of(
    attribute,
    st.sampled_from([{"S": "none"}, {"S": "canary"}, {"S": "2026-11"}, {"S": "rolled-back"}, {"N": "50"}, {"N": "7"}]),
)
control_names = ["pin", "release", "revision", "state", "canaryPercent", "configRevision"]
control_item = st.builds(
    lambda name, attributes: {**attributes, "item": {"S": name}},
    st.sampled_from(["config", "rollout", "x"]),
    st.one_of(
        st.dictionaries(st.sampled_from(control_names), control_attribute, max_size=6),
        st.just(
            {name: {"S": "2026-11"} for name in control_names} | {"canaryPercent": {"N": "50"}, "pin": {"S": "none"}}
        ),
    ),
)
partition = st.one_of(st.sampled_from(["timeout", "throttled"]), st.lists(control_item, max_size=3))


class FuzzedReader:
    """Tables that answer with what hypothesis made up."""

    answer: Item | str | None = None
    partition: list[Item] | str = "timeout"

    def get_item(
        self, _table: str, _key: Mapping[str, str], _attributes: Sequence[str], _seconds: float
    ) -> Item | None:
        if isinstance(self.answer, str):
            raise ReadError(self.answer)
        return self.answer

    def query(self, *_: object) -> list[Item]:
        if isinstance(self.partition, str):
            raise ReadError(self.partition)
        return self.partition

    def close(self) -> None:
        pass


def build(
    name: str, reader: FuzzedReader, monkeypatch: pytest.MonkeyPatch, live: Mapping[str, Any] | None = None
) -> Any:
    monkeypatch.setattr(baked, "_build_clients", lambda: Clients(lambda _region: reader))
    return baked.build_router(
        {
            "strategy": name.partition(",")[0],
            "options": VARIANTS[name]
            if name in VARIANTS
            else OPTIONS[name]
            if name in OPTIONS
            else sample_options(name),
            "origins": {"stable": {"domain_name": "v1.example.com"}, "canary": {"domain_name": "v2.example.com"}},
            "canary_percent": 50.0,
            "release": "2026-11",
            "pin": "none",
            "override": {"secret": SECRET, "header": "x-tenant"},
            "table": TABLES.get(name.partition(",")[0]),
            "deadline_ms": 2000,
            "log_salt": "salt",
            **(live or {}),
        },
        "eu-west-1",
    )


def new_violations(event: dict[str, Any], result: object, part: str) -> list[str]:
    """What CloudFront refuses in the answer and not in the event as it came (which may hold a control character)."""
    own = {str(violation) for violation in validate_result(event, copy.deepcopy(event["Records"][0]["cf"][part]))}
    return [str(violation) for violation in validate_result(event, result) if str(violation) not in own]


def untouched_parts(request: dict[str, Any], touched_headers: set[str]) -> dict[str, Any]:
    rest = {name: value for name, value in request.items() if name not in {"origin", "headers"}}
    rest["headers"] = {k: v for k, v in request["headers"].items() if k not in touched_headers}
    return rest


@pytest.mark.long_if(r"^baked")
@every_strategy
@with_and_without_live_control
def test_any_request_gets_an_answer_that_cloudfront_accepts(
    name: str, live: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing but origin, Host, copies of custom headers and, where there are metrics, their header is touched."""
    monkeypatch.setattr("socket.create_connection", _refuse)
    reader = FuzzedReader()
    router = build(name, reader, monkeypatch, live)
    touched = {"host", "x-origin-secret"} | ({"x-router-trace"} if live else set[str]())

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(event, item, partition)
    def check(given_event: dict[str, Any], answer: Item | str | None, control: list[Item] | str) -> None:
        reader.answer, reader.partition = answer, control
        capsys.readouterr()
        before = copy.deepcopy(given_event)
        result = router.handle(given_event)
        assert new_violations(before, result, "request") == []
        assert untouched_parts(result, touched) == untouched_parts(before["Records"][0]["cf"]["request"], touched)
        assert not live or re.fullmatch(
            r"[a-z]*;\d{13}(;baseline|;canary)?", result["headers"]["x-router-trace"][0]["value"]
        )
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 1
        assert SECRET not in lines[0]

    check()


@every_strategy
def test_where_answers_are_kept_nothing_beside_the_key_goes_on(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("socket.create_connection", _refuse)
    key = ["authorization", "x-tenant", "x-router-version"]
    router = build(name, FuzzedReader(), monkeypatch, {"kept": {"key_headers": key}})
    passing = {*FORWARDED, *READ_ONLY_AT_ORIGIN_REQUEST, *key, "user-agent", "x-forwarded-for"}

    @settings(max_examples=EXAMPLES // 3, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(event)
    def check(given_event: dict[str, Any]) -> None:
        before = copy.deepcopy(given_event)
        result = router.handle(given_event)
        assert new_violations(before, result, "request") == []
        assert set(result["headers"]) <= passing or result["method"] not in ("GET", "HEAD")
        assert "not-guarded" not in capsys.readouterr().out

    check()


@pytest.mark.long_if(r"^baked")
@every_strategy
@with_and_without_live_control
def test_any_response_gets_an_answer_that_cloudfront_accepts(
    name: str, live: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.create_connection", _refuse)
    router = build(name, FuzzedReader(), monkeypatch, live)

    @settings(max_examples=EXAMPLES // 3, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(event, st.integers(200, 599), st.sampled_from(["v1.example.com", "v2.example.com", "other.example.com"]))
    def check(given_event: dict[str, Any], status: int, domain: str) -> None:
        response_event = origin_response(given_event, status=str(status), domain=domain)
        before = copy.deepcopy(response_event)
        result = router.handle(response_event)
        assert new_violations(before, result, "response") == []
        result["headers"].pop("set-cookie", None)
        assert result == before["Records"][0]["cf"]["response"]

    check()


def _refuse(*_: object, **__: object) -> None:
    raise ConnectionRefusedError


@given(
    st.recursive(
        st.one_of(st.none(), text, st.integers()),
        lambda inner: st.dictionaries(
            st.sampled_from(["Records", "cf", "request", "headers", "config", "x"]),
            st.one_of(inner, st.lists(inner)),
            max_size=4,
        ),
    )
)
@settings(max_examples=EXAMPLES, deadline=None, database=None)
def test_no_shape_of_event_raises(made_up: object) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        router = build("cookie-version", FuzzedReader(), monkeypatch)
    router.handle(made_up)
