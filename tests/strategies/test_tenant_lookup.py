"""Tenant lookup: from the identifiers in a request to a back end that the options allow."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.model import origin_rules
from router.model.decision import Origin
from router.model.request import Body, Request
from strategies.tenant_lookup import Options, TenantLookup
from strategies.tenant_lookup.untrusted_input import DomainAllowList
from tests.strategies.fakes import Assigned, FakeTable, Item, errors_of, make_edge

PAIR = {"tenantId": "t1", "accountId": "a1"}
ITEM: Item = {"defaultBackend": {"S": "tenant-a.example.com"}}


def strategy(table: FakeTable | None = None, **options: Any) -> Assigned:
    chosen = Options(**({"allowed_domains": (".example.com",)} | options))
    return Assigned(TenantLookup(chosen, make_edge(table=table or FakeTable({("t1", "a1"): ITEM}))), 100)


def body_request(content: object, **fields: Any) -> Request:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Request(method="POST", body=Body(base64.b64encode(raw).decode(), **fields))


def test_a_known_pair_goes_to_its_back_end_over_verified_https_with_its_own_host() -> None:
    table = FakeTable({("t1", "a1"): ITEM})
    decision = strategy(table).choose(body_request(PAIR | {"more": [1, 2]}))
    assert decision.origin == Origin(
        "tenant", "tenant-a.example.com", "https", 443, "", "origin", ssl_protocols=("TLSv1.2",)
    )
    assert (decision.reason, decision.visitor, decision.bucket, decision.is_fallback) == (
        "tenant",
        "t1/a1",
        None,
        False,
    )
    assert table.keys == [{"tenantId": "t1", "accountId": "a1"}]


def test_the_body_is_left_alone() -> None:
    request = body_request(PAIR)
    assert request.body is not None
    before = request.body.data
    strategy().choose(request)
    assert (request.body.data, request.body.encoding, request.body.is_truncated) == (before, "base64", False)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (Request(method="GET"), "no-body"),
        (Request(body=Body("")), "no-body"),
        (body_request(PAIR, is_truncated=True), "truncated-body"),
        (Request(body=Body("{not base64}")), "broken-body"),
        (body_request(b"tenantId=t1&accountId=a1"), "not-json"),
        (body_request(b"\xff\xfe" + json.dumps(PAIR).encode("utf-16-le")), "not-json"),
        (body_request(b'{"tenantId":"t1","accountId":"a1"'), "not-json"),
        (body_request(b"[" * 700_000), "not-json"),
        (body_request(b'{"a":' * 150_000), "not-json"),
        (body_request(b"1" * 5_000), "not-json"),
        (body_request([PAIR]), "not-an-object"),
        (body_request("t1"), "not-an-object"),
        (body_request(None), "not-an-object"),
        (body_request({}), "missing-tenant"),
        (body_request({"tenantId": None, "accountId": "a1"}), "missing-tenant"),
        (body_request({"tenantId": "t1"}), "missing-account"),
        (body_request(PAIR | {"tenantId": 1}), "malformed-tenant"),
        (body_request(PAIR | {"tenantId": ["t1"]}), "malformed-tenant"),
        (body_request(PAIR | {"tenantId": ""}), "malformed-tenant"),
        (body_request(PAIR | {"tenantId": "t1 "}), "malformed-tenant"),
        (body_request(PAIR | {"tenantId": "t\u00e91"}), "malformed-tenant"),
        (body_request(PAIR | {"tenantId": "\ud800"}), "malformed-tenant"),
        (body_request(PAIR | {"tenantId": "x" * 129}), "malformed-tenant"),
        (body_request(PAIR | {"accountId": True}), "malformed-account"),
        (body_request(PAIR | {"accountId": "a1\x00"}), "malformed-account"),
    ],
)
def test_an_unusable_request_goes_to_stable_without_a_table_read(request_: Request, reason: str) -> None:
    table = FakeTable({("t1", "a1"): ITEM})
    decision = strategy(table).choose(request_)
    assert (decision.origin, decision.reason, decision.visitor) == ("stable", reason, "")
    assert table.keys == []


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({}, "malformed-item"),
        ({"defaultBackend": {}}, "malformed-item"),
        ({"defaultBackend": {"N": "5"}}, "malformed-item"),
        ({"defaultBackend": {"S": ["a.example.com"]}}, "malformed-item"),
        ({"defaultBackend": {"S": ""}}, "malformed-item"),
        ({"defaultBackend": {"S": "https://tenant-a.example.com"}}, "malformed-item"),
        ({"defaultBackend": {"S": "tenant-a.example.com/admin"}}, "malformed-item"),
        ({"defaultBackend": {"S": "tenant-a.example.com:8443"}}, "malformed-item"),
        ({"defaultBackend": {"S": "tenant-a.example.com."}}, "malformed-item"),
        ({"defaultBackend": {"S": "tenant-a..example.com"}}, "malformed-item"),
        ({"defaultBackend": {"S": "x@tenant-a.example.com"}}, "malformed-item"),
        ({"defaultBackend": {"S": "tenant-a.ex\u0430mple.com"}}, "malformed-item"),
        ({"defaultBackend": {"S": "169.254.169.254"}}, "malformed-item"),
        ({"defaultBackend": {"S": "[fd00::1]"}}, "malformed-item"),
        ({"defaultBackend": {"S": "localhost"}}, "malformed-item"),
        ({"defaultBackend": {"S": "example.com"}}, "domain-not-allowed"),
        ({"defaultBackend": {"S": "evilexample.com"}}, "domain-not-allowed"),
        ({"defaultBackend": {"S": "tenant-a.example.com.evil.net"}}, "domain-not-allowed"),
    ],
)
def test_an_item_that_is_not_to_be_trusted_goes_to_stable(item: Item, reason: str) -> None:
    decision = strategy(FakeTable({("t1", "a1"): item})).choose(body_request(PAIR))
    assert (decision.origin, decision.reason, decision.is_fallback) == ("stable", reason, True)
    assert decision.reading is not None


def test_an_unknown_pair_goes_to_stable_and_that_is_no_failure() -> None:
    decision = strategy(FakeTable()).choose(body_request(PAIR))
    assert (decision.origin, decision.reason, decision.is_fallback) == ("stable", "unknown-tenant", False)


def test_a_failing_table_goes_to_stable_with_its_reason() -> None:
    decision = strategy(FakeTable(failure="timeout")).choose(body_request(PAIR))
    assert (decision.origin, decision.reason, decision.is_fallback) == ("stable", "table-timeout", True)


def test_domains_compare_without_case() -> None:
    item: Item = {"defaultBackend": {"S": "Tenant-A.EXAMPLE.com"}}
    decision = strategy(FakeTable({("t1", "a1"): item}), allowed_domains=(".Example.Com",)).choose(body_request(PAIR))
    assert isinstance(decision.origin, Origin)
    assert decision.origin.domain_name == "tenant-a.example.com"


def test_the_last_of_two_members_with_one_name_counts() -> None:
    table = FakeTable()
    strategy(table).choose(body_request(b'{"tenantId":"t0","tenantId":"t1","accountId":"a1"}'))
    assert table.keys == [{"tenantId": "t1", "accountId": "a1"}]


def test_identifiers_may_come_in_the_query() -> None:
    decision = strategy(source="query").choose(Request(query_string="x=1&tenantId=t1&accountId=a%31"))
    assert decision.reason == "tenant"
    assert strategy(source="query").choose(body_request(PAIR)).reason == "missing-tenant"
    assert strategy(source="query").choose(Request(query_string="tenantId=&accountId=a1")).reason == "malformed-tenant"


def test_identifiers_may_come_in_headers() -> None:
    table = FakeTable({("t1", "a1"): ITEM})
    chosen = strategy(
        table, source="header", tenant_field="X-Tenant", account_field="X-Account", tenant_attribute="tenantId"
    )
    assert chosen.choose(Request(headers={"x-tenant": "t1", "x-account": "a1"})).reason == "tenant"
    assert table.keys == [{"tenantId": "t1", "X-Account": "a1"}]


@pytest.mark.parametrize(
    ("source", "body", "query", "headers"),
    [
        ("body", True, set[str](), set[str]()),
        ("query", False, {"tenantId", "accountId"}, set[str]()),
        ("header", False, set[str](), {"tenantid", "accountid"}),
    ],
)
def test_needs_follow_the_source(source: str, body: bool, query: set[str], headers: set[str]) -> None:
    needs = TenantLookup.needs(Options(source=source, allowed_domains=(".example.com",), table_name="Tenants"))
    assert (needs.body, needs.query, needs.headers, needs.cookies) == (body, query, headers, frozenset())
    assert needs.table is not None
    assert (needs.table.name, needs.table.hash_key, needs.table.range_key) == ("Tenants", "tenantId", "accountId")
    assert needs.table.attributes == ("defaultBackend",)


def test_an_empty_allow_list_is_an_error() -> None:
    assert errors_of(Options) == [
        (
            "allowedDomains",
            "is empty: list the domains that the table may name, such as .example.com or api.example.com",
        )
    ]


def test_mistakes_are_named_all_at_once() -> None:
    assert errors_of(
        Options,
        allowed_domains=(".com",),
        source="form",
        account_field="tenantId",
        backend_attribute="tenantId",
        max_id_characters=0,
    ) == [
        ("source", "is 'form': allowed is body, query, header, host"),
        ("accountField", "is 'tenantId': that is the tenant's field already"),
        ("backendAttribute", "is 'tenantId': that is a key attribute already"),
        ("allowedDomains", f"has an entry that {origin_rules.domain_name('com')}"),
        ("maxIdCharacters", "is 0: allowed is 1 to 1024 characters"),
    ]


def test_field_names_obey_the_rules_of_their_source() -> None:
    found = errors_of(Options, allowed_domains=("a.b",), source="header", tenant_field="host", account_field="a b")
    assert [name for name, _ in found] == ["tenantField", "accountField"]
    assert errors_of(Options, allowed_domains=("a.b",), source="header", tenant_field="ID", account_field="id") == [
        ("accountField", "is 'id': that is the tenant's field already")
    ]
    assert [name for name, _ in errors_of(Options, allowed_domains=("a.b",), source="query", tenant_field="a&b")] == [
        "tenantField"
    ]


def test_two_fields_cannot_share_a_key_attribute() -> None:
    assert errors_of(Options, allowed_domains=("a.b",), account_attribute="tenantId") == [
        ("accountAttribute", "is 'tenantId': that is the tenant's key attribute already")
    ]


def test_a_suffix_under_which_anyone_gets_a_name_is_warned_about() -> None:
    allowed = (".example.com", ".execute-api.eu-west-1.amazonaws.com", "abc.execute-api.eu-west-1.amazonaws.com")
    assert TenantLookup.warnings(Options(allowed_domains=allowed)) == [
        "allowedDomains lists .execute-api.eu-west-1.amazonaws.com: anyone can have a host made below it,"
        " so list exact names instead"
    ]


@given(label=st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True), depth=st.integers(0, 4))
def test_a_suffix_allows_whole_labels_below_it_and_nothing_else(label: str, depth: int) -> None:
    allow_list = DomainAllowList([".example.com", "api.example.org"])
    below = ".".join([label] * (depth + 1))
    assert allow_list.allows(f"{below}.example.com")
    assert not allow_list.allows(f"{below}example.com")
    assert not allow_list.allows(f"{below}.example.com.{label}")
    assert not allow_list.allows(f"{below}.api.example.org")


@pytest.mark.long
@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*PAIR, "x"]), inner),
    )
)
def test_any_document_gets_a_decision(document: object) -> None:
    decision = strategy().choose(body_request(document))
    assert decision.origin == "stable" or decision.visitor == "t1/a1"
