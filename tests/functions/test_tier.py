"""functions/tier.js: every tier to its origin, everything else to the default one, and never an error."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.cache_guard import FORWARDED
from router.model.decision import Origin
from simulator.cloudfront_functions import FunctionResult
from strategies.base import Edge
from strategies.tier import Options, Tier
from tests.functions.deployed import SECRET, Deployed, line, version
from tests.functions.events import Values, request_of, viewer_request
from tests.functions.strategies import broken, odd, several
from tests.infra.configs import ORIGINS
from tests.strategies.fakes import Assigned, make_edge

TIERS: dict[str, dict[str, Any]] = {
    "standard": {"domainName": "standard.example.com"},
    "premium": {
        "domainName": "premium.example.com",
        "protocol": "http",
        "port": 8080,
        "path": "/p",
        "hostHeader": "shop.example.com",
    },
    "own-host": {"domainName": "own.example.com", "hostHeader": "viewer"},
}
SECTION = {"query": "CTIER", "header": "X-Tier", "cookie": "tier", "tiers": TIERS}
RANGES: dict[str, bool] = json.loads((Path(__file__).parents[1] / "router" / "ranges.json").read_text(encoding="utf-8"))
HOST = "d111111abcdef8.cloudfront.net"


@cache
def deploy() -> Deployed:
    return Deployed("tier", tier=SECTION)


def with_settings(section: dict[str, Any] | None = None, **settings: Any) -> Deployed:
    return Deployed("tier", tier={**SECTION, **(section or {})}, **settings)


def strategy(**options: Any) -> Tier:
    """The strategy with the same options, as the edge would build it."""
    tiers = {
        "standard": {"domain_name": "standard.example.com"},
        "premium": {
            "domain_name": "premium.example.com",
            "protocol": "http",
            "port": 8080,
            "path": "/p",
            "host_header": "shop.example.com",
        },
        "own-host": {"domain_name": "own.example.com", "host_header": "viewer"},
    }
    edge: Edge = make_edge()
    return Tier(Options(**{"query": "CTIER", "header": "X-Tier", "cookie": "tier", "tiers": tiers, **options}), edge)


def assert_at_stable(found: FunctionResult, reason: str, *, is_fallback: bool = False) -> None:
    assert found.origin_update is None
    assert version(found) == "stable"
    expected: dict[str, Any] = {"strategy": "tier", "origin": "stable", "reason": reason, "requestId": "id"}
    assert line(found) == expected | ({"fallback": True} if is_fallback else {})


def test_a_tier_goes_to_its_origin_with_all_that_differs() -> None:
    found = deploy().run(viewer_request(query={"CTIER": "premium"}, request_id="id"))
    assert found.origin_update is not None
    assert found.origin_update.update == {
        "domainName": "premium.example.com",
        "hostHeader": "shop.example.com",
        "originPath": "/p",
        "customOriginConfig": {"port": 8080, "protocol": "http", "sslProtocols": ["TLSv1.2"]},
    }
    assert version(found) == "tier:premium"
    assert line(found) == {"strategy": "tier", "origin": "premium", "reason": "tier", "requestId": "id"}


def test_what_is_not_given_is_https_on_443_with_the_domain_as_host() -> None:
    found = deploy().run(viewer_request(query={"CTIER": "standard"}))
    assert found.origin_update is not None
    assert found.origin_update.update == {
        "domainName": "standard.example.com",
        "hostHeader": "standard.example.com",
        "customOriginConfig": {"port": 443, "protocol": "https", "sslProtocols": ["TLSv1.2"]},
    }


@pytest.mark.parametrize(("stable_path", "tier_path"), [("/shop", ""), ("/shop", "/p"), ("", "/p")])
def test_the_stable_origins_path_is_not_inherited(stable_path: str, tier_path: str) -> None:
    origins = {**ORIGINS, "stable": {"domainName": "v1.example.com", "path": stable_path}}
    tiers = {"gold": {"domainName": "gold.example.com", "path": tier_path}}
    found = with_settings({"tiers": tiers}, origins=origins).run(viewer_request(query={"CTIER": "gold"}))
    assert found.origin_update is not None
    assert isinstance(found.origin_update.update, dict)
    assert found.origin_update.update["originPath"] == tier_path


def test_the_viewers_host_is_passed_on_and_keeps_answers_apart() -> None:
    found = deploy().run(viewer_request(query={"CTIER": "own-host"}, headers={"host": "shop.example.org:443"}))
    assert found.origin_update is not None
    assert isinstance(found.origin_update.update, dict)
    assert found.origin_update.update["hostHeader"] == "shop.example.org"
    assert version(found) == "tier:own-host@shop.example.org"


@pytest.mark.parametrize("reason", ["pinned", "override"])
def test_an_origin_at_several_host_names_is_several_sites_by_a_pin_and_by_an_override_too(reason: str) -> None:
    origins = {
        "stable": {"domainName": "v1.example.com"},
        "canary": {"domainName": "v2.example.com", "hostHeader": "viewer"},
    }
    override = {"header": "x-qa", "secret": "0123456789abcdef"}
    function = with_settings(origins=origins, override=override, pin="canary" if reason == "pinned" else "none")
    asked = {"x-qa": "canary:0123456789abcdef"} if reason == "override" else {}
    for host in ("a.example.org", "b.example.org"):
        found = function.run(viewer_request(headers={"host": host, **asked}))
        assert (line(found)["origin"], line(found)["reason"]) == ("canary", reason)
        assert version(found) == f"canary@{host}"


def test_the_default_origin_gets_the_host_header_that_it_wants() -> None:
    origins = {**ORIGINS, "stable": {"domainName": "v1.example.com", "hostHeader": "www.example.com"}}
    found = with_settings(origins=origins).run(viewer_request())
    assert found.origin_update is not None
    assert found.origin_update.update == {"hostHeader": "www.example.com"}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "no-tier"),
        ({"query": {"CTIER": ""}}, "no-tier"),
        ({"query": {"CTIER": "BASIC"}}, "default-tier"),
        ({"query": {"CTIER": "gold"}}, "unknown-tier"),
        ({"query": {"CTIER": "prem ium"}}, "malformed-tier"),
        ({"query": {"CTIER": "%zz"}}, "malformed-tier"),
        ({"query": {"CTIER": "x" * 33}}, "malformed-tier"),
        ({"query": {"CTIER": "constructor"}}, "unknown-tier"),
        ({"query": {"ctier": "premium"}}, "no-tier"),
    ],
)
def test_everything_else_stays_at_the_default_origin(values: dict[str, Any], reason: str) -> None:
    assert_at_stable(deploy().run(viewer_request(**values, request_id="id")), reason)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (["query", "header", "cookie"], "standard"),
        (["header", "cookie", "query"], "premium"),
        (["cookie", "query", "header"], "own-host"),
    ],
)
def test_the_first_place_of_the_order_decides(order: list[str], expected: str) -> None:
    event = viewer_request(query={"CTIER": "standard"}, headers={"X-TIER": "premium"}, cookies={"tier": "own-host"})
    assert line(with_settings({"order": order}).run(event))["origin"] == expected


def test_a_place_without_a_name_is_not_looked_at() -> None:
    event = viewer_request(query={"CTIER": "standard"}, headers={"x-tier": "premium"})
    assert line(with_settings({"query": "", "cookie": ""}).run(event))["origin"] == "premium"


@pytest.mark.parametrize("value", ["PREMIUM", "Premium", "prem%69um", '"premium"'])
def test_capitals_encoding_and_quotes_make_no_difference(value: str) -> None:
    place = "cookies" if value.startswith('"') else "query"
    name = "tier" if place == "cookies" else "CTIER"
    assert line(deploy().run(viewer_request(**{place: {name: value}})))["origin"] == "premium"


def test_of_several_values_the_first_one_decides() -> None:
    assert line(deploy().run(viewer_request(query={"CTIER": ["premium", "standard"]})))["origin"] == "premium"


def test_a_header_that_the_viewer_sends_by_that_name_is_overwritten() -> None:
    assert version(deploy().run(viewer_request(headers={"X-Router-Version": "tier:premium"}))) == "stable"


@pytest.mark.parametrize("tier", ["premium", "basic", "prem ium", ""])
def test_no_store_and_an_empty_one_mean_the_default_origin(tier: str) -> None:
    event = viewer_request(query={"CTIER": tier}, request_id="id")
    emptied = with_settings()
    emptied.store.replace({})
    for found in (deploy().without_store().run(event), emptied.run(event)):
        assert found.error is None
        assert_at_stable(found, "kvs-failed", is_fallback=True)


@pytest.mark.parametrize(("key", "values"), [("tier:premium", {"query": {"CTIER": "premium"}}), ("pin", {})])
def test_one_key_is_all_that_a_request_needs(key: str, values: dict[str, Any]) -> None:
    for pin in ("none", "canary"):
        alone = with_settings(pin=pin)
        alone.store.replace({key: alone.store.pairs[key]})
        found, expected = alone.run(viewer_request(**values)), with_settings(pin=pin).run(viewer_request(**values))
        assert (line(found), found.origin_update) == (line(expected), expected.origin_update)
        assert "fallback" not in line(found)


@pytest.mark.long_if(r"domainName|pin")
@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "null", "[]", "1", '"premium.example.com"', "{}", '{"domainName":""}', '{"domainName":["a"]}'),
        '{"domainName":"p.example.com","port":"443","protocol":"https","path":"","hostHeader":"origin"}',
        '{"domainName":"p.example.com","port":443,"protocol":"ftp","path":"","hostHeader":"origin"}',
        '{"domainName":"p.example.com","port":443,"protocol":"https","path":"","hostHeader":"origin","pin":"beta"}',
        *('{"pin":"none"}', '{"pin":"canary"}', '{"pin":"beta"}', '{"pin":["stable"]}'),
    ],
)
def test_a_malformed_value_means_the_default_origin(text: str) -> None:
    broken_store = with_settings()
    broken_store.store.put("tier:premium", text)
    found = broken_store.run(viewer_request(query={"CTIER": "premium"}, request_id="id"))
    assert_at_stable(found, "malformed-origin", is_fallback=True)


@pytest.mark.long
@pytest.mark.long_if(r"^basic")
@pytest.mark.parametrize("text", ["", "{", "null", "[]", "{}", '{"pin":"beta"}', '{"pin":"canary"}', '"stable"'])
@pytest.mark.parametrize("tier", ["gold", "basic", ""])
def test_a_malformed_pin_means_the_default_origin(text: str, tier: str) -> None:
    broken_store = with_settings()
    broken_store.store.put("pin", text)
    found = broken_store.run(viewer_request(query={"CTIER": tier}, request_id="id"))
    assert_at_stable(found, "malformed-origin", is_fallback=True)


def test_a_change_of_the_store_takes_effect_without_a_new_function() -> None:
    changed = with_settings()
    moved = json.loads(changed.store.pairs["tier:premium"]) | {"domainName": "moved.example.com"}
    changed.store.put("tier:premium", json.dumps(moved))
    found = changed.run(viewer_request(query={"CTIER": "premium"}))
    assert found.origin_update is not None
    assert isinstance(found.origin_update.update, dict)
    assert found.origin_update.update["domainName"] == "moved.example.com"


@pytest.mark.long_if(r"^canary")
@pytest.mark.parametrize("tier", ["premium", "own-host", "gold", "basic", "prem ium", ""])
@pytest.mark.parametrize(("pin", "domain"), [("stable", None), ("canary", "v2.example.com")])
def test_the_pin_is_stronger_than_every_tier_and_holds_without_one(pin: str, domain: str | None, tier: str) -> None:
    found = with_settings(pin=pin).run(viewer_request(query={"CTIER": tier}))
    assert (version(found), line(found)["reason"]) == (pin, "pinned")
    update = found.origin_update.update if found.origin_update else None
    assert update == (
        domain
        and {
            "domainName": domain,
            "hostHeader": domain,
            "customOriginConfig": {"port": 443, "protocol": "https", "sslProtocols": ["TLSv1.2"]},
            "timeouts": {"readTimeout": 30},
        }
    )


def test_a_pin_is_in_the_store_and_the_code_stays_as_it_is() -> None:
    codes = {with_settings(pin=pin).code for pin in ("none", "stable", "canary")}
    assert len(codes) == 1
    changed = with_settings()
    changed.store.replace(with_settings(pin="stable").store.pairs)
    assert line(changed.run(viewer_request(query={"CTIER": "premium"})))["reason"] == "pinned"
    changed.store.replace(with_settings().store.pairs)
    assert line(changed.run(viewer_request(query={"CTIER": "premium"})))["reason"] == "tier"


def test_an_override_to_an_origin_that_the_store_has_not_means_the_default_origin() -> None:
    overridden = with_settings(override={"header": "x-qa", "secret": SECRET})
    overridden.store.delete("origin:canary")
    event = viewer_request(headers={"x-qa": f"canary:{SECRET}"}, query={"CTIER": "premium"}, request_id="id")
    assert_at_stable(overridden.run(event), "kvs-failed", is_fallback=True)


@pytest.mark.parametrize("place", ["header", "cookie", "query"])
def test_the_override_reaches_any_origin_and_is_stronger_than_the_pin(place: str) -> None:
    overridden = with_settings(pin="stable", override={place: "x-qa", "secret": SECRET})
    places = {"header": "headers", "cookie": "cookies", "query": "query"}
    found = overridden.run(viewer_request(**{places[place]: {"x-qa": f"canary:{SECRET}"}}))
    assert (version(found), line(found)["reason"]) == ("canary", "override")
    for wrong in (f"canary:{SECRET}x", f"nowhere:{SECRET}", "canary", "canary:", f"constructor:{SECRET}", SECRET):
        found = overridden.run(viewer_request(**{places[place]: {"x-qa": wrong}}))
        assert (version(found), line(found)["reason"]) == ("stable", "pinned")


def test_a_secret_in_the_query_is_decoded_as_python_decodes_it() -> None:
    overridden = with_settings(override={"query": "qa", "secret": "with+plus+and%23"})
    for sent, reason in (("canary:with%2Bplus%2Band%2523", "override"), ("canary:with+plus+and%23", "no-tier")):
        assert line(overridden.run(viewer_request(query={"qa": sent})))["reason"] == reason


@pytest.mark.parametrize("name", ["constructor", "__proto__", "toString"])
def test_a_name_that_every_object_has_is_none_that_the_viewer_sent(name: str) -> None:
    assert line(with_settings({"cookie": name}).run(viewer_request()))["reason"] == "no-tier"


def test_the_secret_is_not_in_the_code() -> None:
    assert SECRET not in with_settings(override={"header": "x-qa", "secret": SECRET}).code


tier_values = several(st.one_of(odd, st.sampled_from(["premium", "Standard", "OWN-HOST", "basic", "gold", ""])))
values = st.fixed_dictionaries(
    {},
    optional={
        "query": st.dictionaries(st.one_of(st.just("CTIER"), broken), tier_values, max_size=3),
        "headers": st.dictionaries(st.sampled_from(["x-tier", "x-router-version", "constructor"]), tier_values),
        "cookies": st.dictionaries(st.sampled_from(["tier", "$tier", "__proto__", "other"]), tier_values),
    },
)


@given(values)
def test_the_strategy_in_python_decides_the_same(given_values: dict[str, Values]) -> None:
    found = deploy().run(viewer_request(**given_values, request_id="id"))
    decision = Assigned(strategy()).choose(request_of(**given_values, request_id="id"))
    origin = decision.origin.name if isinstance(decision.origin, Origin) else decision.origin
    assert line(found) == {"strategy": "tier", "origin": origin, "reason": decision.reason, "requestId": "id"}
    update = found.origin_update.update if found.origin_update else None
    assert (update["domainName"] if isinstance(update, dict) else None) == (
        decision.origin.domain_name if isinstance(decision.origin, Origin) else None
    )
    sent = viewer_request(**given_values)["request"]["headers"]
    passing = {name: sent[name] for name in sent if name in (*FORWARDED, "x-tier", "authorization", "origin")}
    own = {"user-agent": {"value": "Amazon CloudFront"}}
    if origin != "own-host":  # the tier that receives the viewer's Host
        own["x-forwarded-host"] = {"value": HOST}
    kept = {name: value for name, value in found.result["headers"].items() if name != "x-router-version"}
    assert kept == passing | own


@pytest.mark.parametrize("missing", ["headers", "cookies", "querystring"])
def test_a_part_that_is_missing_is_no_error(missing: str) -> None:
    event = viewer_request(query={"CTIER": "premium"})
    del event["request"][missing]
    assert version(deploy().run(event)) in {"tier:premium", "stable"}


@pytest.mark.parametrize(("value", "passes"), RANGES.items())
def test_a_range_passes_as_in_the_router(value: str, passes: bool) -> None:
    assert ("range" in deploy().run(viewer_request(headers={"range": value})).result["headers"]) is passes


def test_several_ranges_are_none() -> None:
    event = viewer_request(headers={"range": ["bytes=0-1", "bytes=3-4"]})
    assert "range" not in deploy().run(event).result["headers"]
