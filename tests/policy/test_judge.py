"""What the pack finds in a stack: the same as `config check --state`, and at preview what is unknown is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cache_check import analyze_state
from cache_check.catalogue import RULES
from policy.judge import NOT_JUDGED, Violation, judge
from policy.policies import CERTAIN, is_excluded, policies, policy_name
from policy.preview import Seen, is_read, plain_properties
from pulumi_state.resources import CACHE_POLICY, DISTRIBUTION, FUNCTION, ORIGIN_REQUEST_POLICY
from pulumi_state.values import UNKNOWN, StateError
from tests.cache_check.leak_states import (
    ALL_VIEWER,
    CACHING_OPTIMIZED,
    NO_ERRORS,
    behavior,
    cache_policy,
    values,
)

from .stacks import ROOT, all_states, seen_in

STATES = all_states()
LEAKING = behavior("origin-request", cachePolicyId=CACHING_OPTIMIZED, originRequestPolicyId=ALL_VIEWER)
CODE = "import cf from 'cloudfront';\nfunction handler(event) { if (event.request.cookies['beta'])"
CODE += " { cf.updateRequestOrigin({domainName: 'b.example.com'}); } return event.request; }"


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:prod::shop::{kind}::{name}"


def make_seen(
    kind: str, name: str, properties: Mapping[str, Any], needs: Mapping[str, Sequence[str]] | None = None
) -> Seen:
    return Seen(urn(kind, name), kind, dict(properties), needs=needs or {})


def distribution(default: Mapping[str, Any], needs: Sequence[Seen] = (), **settings: Any) -> Seen:
    """The distribution "site", whose default behavior depends on these resources."""
    properties = {"defaultCacheBehavior": dict(default), "customErrorResponses": NO_ERRORS} | settings
    return make_seen(DISTRIBUTION, "site", properties, {"defaultCacheBehavior": [one.urn for one in needs]})


def judgements(*resources: Seen) -> list[tuple[str, str]]:
    return [(one.rule, one.message) for one in judge(resources)]


def rules(*resources: Seen) -> list[str]:
    return [rule for rule, _ in judgements(*resources)]


def test_the_pack_finds_what_config_check_finds() -> None:
    for name, state in STATES.items():
        found = judge(seen_in(state))
        try:
            analysis = analyze_state(state)
        except StateError:
            assert {one.rule for one in found} <= {NOT_JUDGED}, name
            continue
        findings = [f"{one.severity}: {one.message}" for one in found if one.rule != NOT_JUDGED]
        assert sorted(findings) == sorted(f"{one.severity}: {one}" for one in analysis.findings), name
        unread = [one.message.partition(": ")[2].partition(". ")[0] for one in found if one.rule == NOT_JUDGED]
        assert sorted(text.rstrip(".") for text in unread) == sorted(map(str, analysis.not_checked)), name


def test_the_comparison_above_has_findings_of_every_kind() -> None:
    """So that it cannot pass by comparing nothing."""
    found = [one for state in STATES.values() for one in judge(seen_in(state))]
    assert len(STATES) > 50
    assert {one.rule for one in found} >= {rule.name for rule in RULES if not rule.of_stack} - {
        *(
            "body-decides-but-cached",
            "trigger-behind-empty-key",
            "function-cannot-be-read",
            "decided-by-uncached-cookie",
            "decided-by-rewritten-value",
        ),
        "policy-not-in-state",
    }
    assert {one.rule for one in found if one.severity == "error"} == set(CERTAIN)


def test_a_new_policy_is_the_one_that_the_behavior_depends_on() -> None:
    cache = make_seen(CACHE_POLICY, "cache", {**cache_policy((0, 0, 60))["outputs"], "id": UNKNOWN})
    forward = make_seen(ORIGIN_REQUEST_POLICY, "forward", {**values(cookies=("all", [])), "id": UNKNOWN})
    site = distribution(
        behavior(cachePolicyId=UNKNOWN, originRequestPolicyId=UNKNOWN), needs=[cache, forward], aliases=[UNKNOWN]
    )
    assert rules(cache, forward, site) == ["origin-sees-uncached-cookie"]


def test_which_of_several_new_policies_it_is_nobody_can_tell() -> None:
    first = make_seen(CACHE_POLICY, "first", cache_policy()["outputs"])
    second = make_seen(CACHE_POLICY, "second", cache_policy()["outputs"])
    site = distribution(behavior(cachePolicyId=UNKNOWN), needs=[first, second])
    assert judgements(first, second, site) == [
        (
            NOT_JUDGED,
            "not judged: site, path pattern *: its cachePolicyId is known after the update, one of first, second.",
        )
    ]
    alone = distribution(behavior(cachePolicyId=UNKNOWN))
    assert judgements(alone) == [
        (NOT_JUDGED, "not judged: site, path pattern *: its cachePolicyId is known after the update.")
    ]


@pytest.mark.parametrize("kind", ["aws-native:cloudfront:CachePolicy", "pulumi:pulumi:StackReference"])
def test_what_may_have_it_too_leaves_it_open_which_policy_it_is(kind: str) -> None:
    keyed, other = make_seen(CACHE_POLICY, "keyed", cache_policy()["outputs"]), make_seen(kind, "other", {})
    site = distribution(behavior(cachePolicyId=UNKNOWN), needs=[keyed, other])
    assert judgements(keyed, other, site) == [
        (
            NOT_JUDGED,
            "not judged: site, path pattern *: its cachePolicyId is known after the update, one of keyed, other.",
        )
    ]


def test_a_new_function_is_read_where_its_code_is_known() -> None:
    cache = make_seen(CACHE_POLICY, "cache", {**cache_policy((0, 0, 60))["outputs"], "id": "c1"})
    function = make_seen(FUNCTION, "splitter", {"arn": UNKNOWN, "code": CODE})
    given = behavior(cachePolicyId="c1", functionAssociations=[{"eventType": "viewer-request", "functionArn": UNKNOWN}])
    site = distribution(given, needs=[cache, function])
    assert rules(cache, function, site) == ["decided-by-uncached-cookie"]
    unknown = make_seen(FUNCTION, "splitter", {"arn": UNKNOWN, "code": UNKNOWN})
    assert judgements(cache, unknown, site) == [
        (
            NOT_JUDGED,
            "not judged: site, path pattern *: the code of its function splitter is known after the update.",
        )
    ]
    other = make_seen(FUNCTION, "other", {"arn": UNKNOWN, "code": CODE})
    both = distribution(given, needs=[cache, function, other])
    assert judgements(cache, function, other, both) == [
        (
            NOT_JUDGED,
            "not judged: site, path pattern *: its function at viewer-request is known after the update, one of"
            " splitter, other.",
        )
    ]


def test_a_new_lambda_function_has_its_name() -> None:
    function = make_seen("aws:lambda/function:Function", "edge", {})
    given = {**LEAKING, "lambdaFunctionAssociations": [{"eventType": "origin-request", "lambdaArn": UNKNOWN}]}
    found = rules(function, distribution(given, needs=[function]))
    assert "decided-by-uncached-cookie" in found
    assert NOT_JUDGED not in found


def test_one_that_cannot_be_read_hides_no_other() -> None:
    broken = make_seen(DISTRIBUTION, "broken", {"defaultCacheBehavior": UNKNOWN})
    site = distribution(LEAKING)
    assert judgements(broken)[0] == (
        NOT_JUDGED,
        "not judged: broken: defaultCacheBehavior is known after the update only.",
    )
    assert rules(broken, site) == [NOT_JUDGED, *rules(site)]


@pytest.mark.parametrize(
    "properties",
    [{}, {"defaultCacheBehavior": 7}, {"defaultCacheBehavior": {}, "orderedCacheBehaviors": "x"}, {"origins": [None]}],
)
def test_what_has_no_shape_is_named(properties: dict[str, Any]) -> None:
    assert rules(make_seen(DISTRIBUTION, "odd", properties)) == [NOT_JUDGED]


def test_a_component_is_passed_over_and_another_type_is_named() -> None:
    component = Seen(urn("acme:cloudfront:Distribution", "ours"), "acme:cloudfront:Distribution", {}, False)
    native = make_seen("aws-native:cloudfront:Distribution", "native", {"id": "E1"})
    assert [one.distribution for one in judge([component, native])] == ["native"]


def test_every_rule_that_needs_no_stack_is_a_policy_and_certain_leaks_are_mandatory() -> None:
    found = policies()
    names = [one.name for one in found]
    assert len(set(names)) == len(names)
    assert set(names) == {
        *(rule.name for rule in RULES if not rule.of_stack),
        "min-ttl-overrides-no-store-possible",
        "not-judged",
    }
    assert [one.name for one in found if one.is_mandatory] == list(CERTAIN)


def test_a_finding_that_may_be_certain_goes_to_the_policy_of_its_severity() -> None:
    certain = Violation("min-ttl-overrides-no-store", "error", "site", "urn", "text")
    possible = Violation("min-ttl-overrides-no-store", "warning", "site", "urn", "text")
    assert (policy_name(certain), policy_name(possible)) == (
        "min-ttl-overrides-no-store",
        "min-ttl-overrides-no-store-possible",
    )


@pytest.mark.parametrize(
    ("exclude", "expected"),
    [
        (["site"], True),
        (["urn:pulumi:prod::shop::*::site"], True),
        (["sit?", "other"], True),
        (["other"], False),
        ([], False),
        (None, False),
        ("site", False),
    ],
)
def test_a_distribution_is_excluded_by_name_or_urn(exclude: object, expected: bool) -> None:
    violation = Violation("chosen-by-chance", "warning", "site", urn(DISTRIBUTION, "site"), "text")
    assert is_excluded(violation, exclude) is expected


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("cdn:tf:aws_cloudfront_distribution", {}),
        ("aws:cloudformation/stackSet:StackSet", {"templateBody": "Type: AWS::CloudFront::Distribution"}),
        ("aws:serverlessrepository/cloudFormationStack:CloudFormationStack", {}),
        ("aws:cloudformation/stack:Stack", {"templateUrl": "https://b.s3.amazonaws.com/t.yaml"}),
    ],
)
def test_what_may_make_a_distribution_is_named_as_not_judged(kind: str, properties: dict[str, Any]) -> None:
    assert is_read(kind)
    [(rule, message)] = judgements(make_seen(kind, "other", properties))
    assert rule == NOT_JUDGED
    assert message.startswith(f"not judged: other: its type {kind}")


def test_whole_numbers_and_every_mark_of_the_unknown_are_read() -> None:
    given = {"a": "3eeb2bf0-c639-47a8-9e75-3b44932eb421", "b": {"c": 60.0, "d": 0.5}, "e": [UNKNOWN, None], "g": True}
    assert plain_properties(given) == {"a": UNKNOWN, "b": {"c": 60, "d": 0.5}, "e": [UNKNOWN, None], "g": True}


def test_the_pack_runs_in_the_environment_of_the_project() -> None:
    found = yaml.safe_load((ROOT / "policy" / "PulumiPolicy.yaml").read_text(encoding="utf-8"))
    assert found["runtime"] == {"name": "python", "options": {"toolchain": "pip", "virtualenv": "../.venv"}}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 400) | st.sampled_from(["", "all", "*", UNKNOWN, "viewer-request"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["items", "eventType"]), inner),
    max_leaves=4,
)
KEYS = ("defaultCacheBehavior", "orderedCacheBehaviors", "origins", "originGroups", "aliases", "customErrorResponses")
INNER = ("cachePolicyId", "originRequestPolicyId", "forwardedValues", "minTtl", "functionAssociations", "pathPattern")


@pytest.mark.long
@settings(max_examples=25)
@given(st.data())
def test_whatever_a_stack_has_the_pack_does_not_fall(data: st.DataObject) -> None:
    inner = data.draw(st.dictionaries(st.sampled_from(INNER), JSON))
    outer = data.draw(st.dictionaries(st.sampled_from(KEYS), JSON))
    site = make_seen(DISTRIBUTION, "site", {"defaultCacheBehavior": {**LEAKING, **inner}, **outer})
    policy = make_seen(CACHE_POLICY, "cache", data.draw(st.dictionaries(st.sampled_from(["id", "minTtl"]), JSON)))
    function = make_seen(FUNCTION, "f", data.draw(st.dictionaries(st.sampled_from(["id", "arn", "code"]), JSON)))
    stack = make_seen("aws:cloudformation/stack:Stack", "s", {"templateBody": data.draw(JSON)})
    assert all(one.message for one in judge([site, policy, function, stack]))
