"""Tenant lookup: what more a body may be by option, identifiers at paths, and the Host as the tenant."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from typing import Any

import pytest

from infra.settings.cache_key import forwards_host
from router.model.request import Body, Request
from strategies.tenant_lookup import Options, TenantLookup
from tests.infra.configs import shipped_stack
from tests.strategies.fakes import FakeTable, errors_of
from tests.strategies.test_tenant_lookup import ITEM, PAIR, strategy

FORM = "application/x-www-form-urlencoded"
JSON = json.dumps(PAIR).encode()
EVERYTHING = ("numbers", "form", "gzip", "bom")


def request(content: bytes, **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method="POST", body=Body(base64.b64encode(content).decode()), headers=named)


def outcome(given: Request, **options: Any) -> str:
    """The pair that was looked up, or the reason why none was."""
    table = FakeTable({("t1", "a1"): ITEM})
    decision = strategy(table, **options).choose(given)
    if not table.keys:
        assert (decision.origin, decision.visitor, decision.is_fallback) == ("stable", "", False)
        return decision.reason
    [key] = table.keys
    assert decision.visitor == "/".join(key.values())
    return decision.visitor


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("7", "7/a1"),
        ("0", "0/a1"),
        ("-7", "-7/a1"),
        ("9007199254740993", "9007199254740993/a1"),
        ('"7"', "7/a1"),
        ("-0", "malformed-tenant"),
        ("7.0", "malformed-tenant"),
        ("7e0", "malformed-tenant"),
        ("1e400", "malformed-tenant"),
        ("NaN", "malformed-tenant"),
        ("true", "malformed-tenant"),
        ("null", "missing-tenant"),
        ("07", "not-json"),
        ("+7", "not-json"),
        ("1" * 128, f"{'1' * 128}/a1"),
        ("1" * 129, "malformed-tenant"),
        ("1" * 5_000, "not-json"),
    ],
)
def test_an_integer_is_an_identifier_as_it_is_written(written: str, expected: str) -> None:
    given = request(f'{{"tenantId":{written},"accountId":"a1"}}'.encode())
    assert outcome(given, accept=("numbers",)) == expected
    if written.lstrip("-").isdigit() and expected.endswith("/a1"):
        assert outcome(given) == "malformed-tenant"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"variables": {"input": PAIR}}, "t1/a1"),
        ({"variables": {"input": {"tenantId": "t1"}}, "accountId": "a1"}, "t1/a1"),
        ({"variables": {"input": PAIR}, "tenantId": "t2"}, "t1/a1"),
        ({"variables": {"input": PAIR}, "variables.input.tenantId": "t2"}, "t2/a1"),
        ({"variables": {"input": PAIR | {"tenantId": None}}, "tenantId": "t2"}, "t2/a1"),
        ({"variables": {"input": PAIR | {"tenantId": 7}}, "tenantId": "t2"}, "malformed-tenant"),
        ({"variables": {"input": PAIR | {"tenantId": {}}}}, "malformed-tenant"),
        ({"variables": {"input": [PAIR]}}, "missing-tenant"),
        ({"variables": "input"}, "missing-tenant"),
        ({"variables": {"input": {"tenantId": "t1"}}}, "missing-account"),
        (PAIR, "t1/a1"),
    ],
)
def test_the_first_path_that_has_a_value_counts(document: object, expected: str) -> None:
    options: dict[str, Any] = {
        "tenant_field": ("variables.input.tenantId", "tenantId"),
        "account_field": ["variables.input.accountId", "accountId"],
        "tenant_attribute": "tenantId",
        "account_attribute": "accountId",
    }
    assert outcome(request(json.dumps(document).encode()), **options) == expected


def test_one_path_may_be_a_text() -> None:
    options = {"tenant_field": "input.tenantId", "account_field": "input.accountId"}
    table = FakeTable()
    strategy(table, **options).choose(request(json.dumps({"input": PAIR}).encode()))
    assert table.keys == [{"input.tenantId": "t1", "input.accountId": "a1"}]


def test_the_first_of_several_headers_or_parameters_counts_and_dots_lead_nowhere() -> None:
    keys = {"tenant_attribute": "t", "account_attribute": "a"}
    headers = Request(headers={"x-org": "t1", "x-account": "a1"})
    options = {"source": "header", "tenant_field": ("x-tenant", "x-org"), "account_field": ("x-account",)}
    assert outcome(headers, **keys, **options) == "t1/a1"
    query = Request(query_string="b.c=t1&accountId=a1")
    assert outcome(query, **keys, source="query", tenant_field=("a", "b.c")) == "t1/a1"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"tenantId=t1&accountId=a1", "t1/a1"),
        (b"x&=y&tenantId=t%31&accountId=%611&z=", "t1/a1"),
        (b"tenantId=t1&tenantId=t2&accountId=a1", "t1/a1"),
        (b"tenant%49d=t1&accountId=a1", "t1/a1"),
        (b"tenantId=7&accountId=true", "7/true"),
        (b"tenantId=t+1&accountId=a1", "malformed-tenant"),
        (b"tenantId=%ff&accountId=a1", "malformed-tenant"),
        (b"tenantId=&accountId=a1", "malformed-tenant"),
        (b"tenantId&accountId=a1", "missing-tenant"),
        (b"tenantId=t1", "missing-account"),
        (b"tenantId=\xff&accountId=a1", "not-a-form"),
        (b"tenantId=t1&accountId=a1" + b"&x=1" * 998, "t1/a1"),
        (b"tenantId=t1&accountId=a1" + b"&x=1" * 999, "not-a-form"),
        (b"&" * 1_048_576, "not-a-form"),
        (JSON, "missing-tenant"),
    ],
)
@pytest.mark.parametrize("content_type", [FORM, f"{FORM.upper()} ; charset=UTF-8"])
def test_a_form_names_the_pair_where_forms_are_accepted(content: bytes, content_type: str, expected: str) -> None:
    assert outcome(request(content, content_type=content_type), accept=("form",)) == expected


def test_only_the_content_type_makes_a_form() -> None:
    form = b"tenantId=t1&accountId=a1"
    assert outcome(request(form, content_type=FORM)) == "not-json"
    assert outcome(request(form), accept=("form",)) == "not-json"
    assert outcome(request(form, content_type="multipart/form-data"), accept=("form",)) == "not-json"
    assert outcome(request(JSON), accept=("form",)) == "t1/a1"


def test_json_may_follow_one_byte_order_mark() -> None:
    mark = b"\xef\xbb\xbf"
    assert outcome(request(mark + JSON), accept=("bom",)) == "t1/a1"
    assert outcome(request(JSON), accept=("bom",)) == "t1/a1"
    assert outcome(request(mark + mark + JSON), accept=("bom",)) == "not-json"
    assert outcome(request(mark + JSON)) == "not-json"


def pad(size: int) -> bytes:
    return JSON + b" " * (size - len(JSON))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (gzip.compress(JSON), "t1/a1"),
        (gzip.compress(pad(1_048_576)), "t1/a1"),
        (gzip.compress(pad(1_048_577)), "oversized-body"),
        (gzip.compress(bytes(20_000_000)), "oversized-body"),
        (gzip.compress(b""), "not-json"),
        (gzip.compress(JSON)[:-1], "broken-body"),
        (gzip.compress(JSON)[:9], "broken-body"),
        (gzip.compress(JSON) + b"x", "broken-body"),
        (gzip.compress(JSON) + gzip.compress(JSON), "broken-body"),
        (gzip.compress(JSON)[:-8] + bytes(8), "broken-body"),
        (gzip.compress(gzip.compress(JSON)), "not-json"),
        (zlib.compress(JSON), "broken-body"),
        (JSON, "broken-body"),
    ],
    # Named, for the bytes hold the time at which they were packed, and each process of pytest-xdist packs its own.
    ids=[
        "whole",
        "at-the-limit",
        "over-the-limit",
        "bomb",
        "of-nothing",
        "cut",
        "header-alone",
        "byte-after",
        "two-members",
        "no-checksum",
        "twice",
        "zlib",
        "plain",
    ],
)
@pytest.mark.parametrize("encoding", ["gzip", "X-GZIP "])
def test_a_gzip_body_is_unpacked_within_its_limit(content: bytes, encoding: str, expected: str) -> None:
    assert outcome(request(content, content_encoding=encoding), accept=("gzip",)) == expected


def test_only_the_content_encoding_makes_gzip() -> None:
    packed = gzip.compress(JSON)
    assert outcome(request(packed, content_encoding="gzip")) == "not-json"
    assert outcome(request(packed), accept=("gzip",)) == "not-json"
    assert outcome(request(packed, content_encoding="gzip, gzip"), accept=("gzip",)) == "not-json"
    assert outcome(request(JSON, content_encoding="br"), accept=("gzip",)) == "t1/a1"


def test_a_packed_form_and_packed_numbers_after_a_mark_are_read_too() -> None:
    form = request(gzip.compress(b"tenantId=t1&accountId=a1"), content_encoding="gzip", content_type=FORM)
    assert outcome(form, accept=EVERYTHING) == "t1/a1"
    marked = request(gzip.compress(b'\xef\xbb\xbf{"tenantId":1,"accountId":2}'), content_encoding="gzip")
    assert outcome(marked, accept=EVERYTHING) == "1/2"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("acme.example.com", "acme.example.com"),
        ("ACME.Example.com:8443", "acme.example.com"),
        ("", "missing-tenant"),
        ("localhost", "malformed-tenant"),
        ("acme.example.com:", "malformed-tenant"),
        ("acme.example.com:\u0661", "malformed-tenant"),
        ("acme.example.com:80:80", "malformed-tenant"),
        ("acme.example.com.", "malformed-tenant"),
        ("192.0.2.1", "malformed-tenant"),
        ("[::1]", "malformed-tenant"),
        ("acme/../x.example.com", "malformed-tenant"),
        (f"{'a.' * 63}com", "malformed-tenant"),
    ],
)
def test_the_host_may_be_the_tenant(host: str, expected: str) -> None:
    assert outcome(Request(headers={"host": host}), source="host") == expected


def test_a_tenant_by_host_is_looked_up_by_the_partition_key_alone() -> None:
    table = FakeTable({("acme.example.com",): ITEM})
    chosen = strategy(table, source="host", tenant_attribute="host")
    assert chosen.choose(Request(headers={"host": "acme.example.com"})).reason == "tenant"
    assert table.keys == [{"host": "acme.example.com"}]
    needs = TenantLookup.needs(Options(source="host", allowed_domains=("a.b",), tenant_attribute="host"))
    assert (needs.headers, needs.body) == ({"host"}, False)
    assert needs.table is not None
    assert (needs.table.hash_key, needs.table.range_key) == ("host", "")


@pytest.mark.parametrize(
    ("accept", "headers"),
    [
        ((), set[str]()),
        (("numbers", "bom"), set[str]()),
        (("form",), {"content-type"}),
        (EVERYTHING, {"content-type", "content-encoding"}),
    ],
)
def test_needs_name_the_headers_that_tell_what_a_body_is(accept: tuple[str, ...], headers: set[str]) -> None:
    assert TenantLookup.needs(Options(accept=accept, allowed_domains=("a.b",))).headers == headers


def test_mistakes_in_lists_are_named() -> None:
    assert errors_of(
        Options, allowed_domains=("a.b",), tenant_field=("a", "b"), account_field=("c", "b"), accept=("xml",)
    ) == [
        ("accountField", "is 'b': that is the tenant's field already"),
        ("accept", "has the entry 'xml': allowed is numbers, form, gzip, bom"),
        ("tenantAttribute", "is missing: tenantField is a list, so name the table's partition key"),
        ("accountAttribute", "is missing: accountField is a list, so name the table's sort key"),
    ]
    keys = {"tenant_attribute": "t", "account_attribute": "a"}
    assert errors_of(
        Options, allowed_domains=("a.b",), **keys, tenant_field=(), account_field=tuple("abcdefghi"), accept=()
    ) == [
        ("tenantField", "has 0 entries: allowed is 1 to 8"),
        ("accountField", "has 9 entries: allowed is 1 to 8"),
    ]
    assert errors_of(Options, allowed_domains=("a.b",), **keys, tenant_field=("",)) == [
        ("tenantField", "has an entry that is '': an attribute name has 1 to 255 bytes")
    ]
    assert errors_of(Options, allowed_domains=("a.b",), source="query", accept=("form",)) == [
        ("accept", "is about bodies, but source is not body")
    ]


def test_a_stack_forwards_the_host_where_it_is_the_tenant() -> None:
    assert not forwards_host(shipped_stack("staging", "strategy=tenant-lookup").settings)
    assert forwards_host(shipped_stack("staging", "strategy=tenant-lookup", "tenantLookup.source=host").settings)
