"""What reaches an origin beside the cache key, and what a function before the cache chooses by: told, or harmless."""

from __future__ import annotations

from typing import Any

import pytest

from cache_check import analyze_state, find_leaks
from pulumi_state.values import StateError
from tests.cache_check.leak_states import (
    ALL_VIEWER,
    CACHING_DISABLED,
    CACHING_OPTIMIZED,
    DISTRIBUTION,
    FUNCTION_ARN,
    HOST_HEADER_ONLY,
    State,
    behavior,
    cache_policy,
    finding_names,
    legacy,
    origin_request_policy,
    resource,
    state,
    the_finding,
    with_function,
)

CORS_S3, CORS_CUSTOM = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf", "59781a5b-3903-41f3-afcb-af62929ccde1"
BUCKET = {"originId": "site", "domainName": "assets.s3.eu-west-1.amazonaws.com", "originAccessControlId": "E1"}
APPLICATION = {"originId": "site", "domainName": "app.example.com", "customOriginConfig": {"httpPort": 80}}
SEALED = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}


def keeping_state(forward: str | None = None, ttls: tuple[int, int, int] = (0, 0, 60), **settings: Any) -> State:
    """Caching with an empty key, and a managed policy that forwards."""
    given = behavior(cachePolicyId="cache", **({"originRequestPolicyId": forward} if forward else {}))
    return state(given, cache_policy(ttls), **settings)


def forwarding_state(**kinds: Any) -> State:
    """Caching with an empty key, and this forwarded."""
    given = behavior(cachePolicyId="cache", originRequestPolicyId="forward")
    return state(given, cache_policy(), origin_request_policy(**kinds))


def warnings_of(*names: str) -> list[tuple[str, str]]:
    return [(name, "warning") for name in names]


EVERY_KIND = warnings_of(*(f"origin-sees-uncached-{kind}" for kind in ("cookie", "query", "header")))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (forwarding_state(cookies=("whitelist", ["session"])), warnings_of("origin-sees-uncached-cookie")),
        (forwarding_state(cookies=("allExcept", ["_ga"])), warnings_of("origin-sees-uncached-cookie")),
        (forwarding_state(query=("whitelist", ["lang"])), warnings_of("origin-sees-uncached-query")),
        (forwarding_state(headers=("whitelist", ["Accept-Language"])), warnings_of("origin-sees-uncached-header")),
        (
            forwarding_state(headers=("whitelist", ["CloudFront-Viewer-Country"])),
            warnings_of("origin-sees-uncached-header"),
        ),
        (forwarding_state(headers=("allViewer", [])), warnings_of("origin-sees-uncached-header")),
        (
            forwarding_state(headers=("allViewerAndWhitelistCloudFront", ["CloudFront-Viewer-Country"])),
            warnings_of("origin-sees-uncached-header"),
        ),
        (forwarding_state(headers=("whitelist", ["Origin", "Access-Control-Request-Method", "If-None-Match"])), []),
        (forwarding_state(), []),
        (keeping_state(), []),
        (keeping_state(CORS_S3), []),
        (keeping_state(CORS_CUSTOM), []),
        (keeping_state(ALL_VIEWER, ttls=(0, 0, 0)), []),
        (state(behavior(cachePolicyId=CACHING_DISABLED, originRequestPolicyId=ALL_VIEWER)), []),
        (keeping_state(ALL_VIEWER, origins=[BUCKET]), warnings_of("origin-sees-uncached-query")),
        (keeping_state(ALL_VIEWER, origins=[APPLICATION]), EVERY_KIND),
        (
            legacy(forwarded={"queryString": True, "queryStringCacheKeys": ["page"]}, defaultTtl=0),
            warnings_of("origin-sees-uncached-query", "origin-sees-uncached-header"),
        ),
        (
            legacy(forwarded={"queryString": True, "headers": ["Host"], "cookies": {"forward": "all"}}, defaultTtl=0),
            warnings_of("origin-sees-uncached-header"),
        ),
        (
            legacy(forwarded={"cookies": {"forward": "none", "whitelistedNames": ["left-over"]}}),
            warnings_of("origin-sees-uncached-header"),
        ),
        (legacy(forwarded={"headers": ["*"], "cookies": {"forward": "all"}}), []),
        (legacy(forwarded={"queryString": True}, maxTtl=0), []),
    ],
)
def test_whatever_reaches_an_origin_beside_the_key_is_told(given: State, expected: list[tuple[str, str]]) -> None:
    assert finding_names(given) == expected


@pytest.mark.parametrize(
    ("aliases", "expected"),
    [
        ([], []),
        (["www.example.com"], warnings_of("origin-sees-uncached-host")),
        (["a.example.com", "b.example.com"], warnings_of("origin-sees-uncached-host")),
        (["*.example.com"], warnings_of("origin-sees-uncached-host")),
        (SEALED, warnings_of("origin-sees-uncached-host")),
    ],
)
def test_host_matters_where_a_distribution_has_several_names(aliases: Any, expected: list[tuple[str, str]]) -> None:
    assert finding_names(keeping_state(HOST_HEADER_ONLY, aliases=aliases)) == expected
    keyed = state(
        behavior(cachePolicyId="cache", originRequestPolicyId=HOST_HEADER_ONLY),
        cache_policy(headers=("whitelist", ["Host"])),
        aliases=aliases,
    )
    assert finding_names(keyed) == []


def test_a_distribution_with_an_alias_has_its_own_name_besides() -> None:
    finding = the_finding(keeping_state(HOST_HEADER_ONLY, aliases=["www.example.com"]))
    assert finding.explanation == (
        "The distribution has several names (www.example.com and its own in cloudfront.net), and Host reaches the"
        " origin and is not in the cache key: one site's page is cached, and is served under another's name (AWS page"
        " understanding-the-cache-key)."
    )


def test_authorization_is_named() -> None:
    [finding] = find_leaks(forwarding_state(headers=("whitelist", ["Authorization", "Origin"])))
    assert finding.explanation.startswith("Headers of the viewer (Authorization) reach the origin and are not in")


def test_aws_own_policy_cannot_be_changed_and_the_mend_says_so() -> None:
    given = behavior(cachePolicyId=CACHING_OPTIMIZED, originRequestPolicyId="forward")
    *_, finding = find_leaks(state(given, origin_request_policy(query=("all", []))))
    assert finding.fix == (
        "in defaultCacheBehavior of site: a cache policy of your own in the place of AWS's CachingOptimized, with those"
        " that its response depends on in queryStringsConfig.queryStrings, and the others not forwarded; or the cache"
        " policy CachingDisabled with errorCachingMinTtl 0."
    )


def test_a_bucket_takes_notice_where_a_function_may_send_requests_elsewhere() -> None:
    chooses, function = with_function(BY_COOKIE, cachePolicyId="cache", originRequestPolicyId=ALL_VIEWER)
    leaves = state(chooses, function, cache_policy(cookies=("all", []), query=("all", [])), origins=[BUCKET])
    assert finding_names(leaves) == warnings_of("set-cookie-can-be-cached", "origin-sees-uncached-header")[1:]
    rewrites, function = with_function(
        BY_URI.split("if (r.uri")[0] + "}", cachePolicyId="cache", originRequestPolicyId=ALL_VIEWER
    )
    keyed = cache_policy(query=("all", []))
    assert finding_names(state(rewrites, function, keyed, origins=[BUCKET])) == []


CHOOSES = "function handler(event) { const r = event.request; %s return r; }"
BY_COOKIE = CHOOSES % "if (r.cookies.exp) { cf.selectRequestOriginById('b'); }"
BY_CHANCE = CHOOSES % "if (event.viewer.ip > '9') { cf.selectRequestOriginById('b'); }"
FOLLOWED = CHOOSES % (
    "const v = Math.random() < 0.5 ? 'a' : r.cookies.exp.value; r.headers['x-v'] = {value: v};"
    " cf.selectRequestOriginById(v);"
)
BY_URI = CHOOSES % "r.uri = r.cookies.exp ? '/b' : '/a'; if (r.uri === '/b') { cf.selectRequestOriginById('b'); }"
UNSPELLED = CHOOSES % "for (const n in r.cookies) { cf.selectRequestOriginById(n); }"


def before(code: str, **kinds: Any) -> State:
    given, function = with_function(code, cachePolicyId="cache")
    return state(given, function, cache_policy(**kinds))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (before(BY_COOKIE), warnings_of("decided-by-uncached-cookie")),
        (before(BY_COOKIE, cookies=("whitelist", ["other"])), warnings_of("decided-by-uncached-cookie")),
        (before(BY_COOKIE, cookies=("allExcept", ["exp"])), warnings_of("decided-by-uncached-cookie")),
        (before(BY_COOKIE, cookies=("allExcept", ["_ga"])), []),
        (before(BY_COOKIE, cookies=("whitelist", ["exp"])), []),
        (before(BY_COOKIE, cookies=("whitelist", ["e?p"])), []),
        (before(BY_COOKIE, cookies=("all", [])), []),
        (before(UNSPELLED, cookies=("whitelist", ["exp"])), warnings_of("decided-by-uncached-cookie")),
        (before(UNSPELLED, cookies=("all", [])), []),
        (before(BY_CHANCE, cookies=("all", [])), warnings_of("chosen-by-chance")),
        (before(FOLLOWED), warnings_of("decided-by-uncached-cookie", "chosen-by-chance")),
        (before(FOLLOWED, headers=("whitelist", ["X-V"])), []),
        (before(BY_URI), []),
    ],
)
def test_a_choice_before_the_cache_is_in_the_key_or_told(given: State, expected: list[tuple[str, str]]) -> None:
    assert finding_names(given) == expected


def test_where_nothing_but_errors_is_kept_they_answer_the_visitors_of_the_other_origin() -> None:
    given, function = with_function(BY_COOKIE)
    assert finding_names(state(given, function, customErrorResponses=[])) == warnings_of("error-pinned-on-everyone")
    assert finding_names(state(given, function)) == []


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (None, "its code is not in the state"),
        (SEALED, "its code is not in the state"),
        ("func {", "it is not JavaScript"),
    ],
)
def test_code_that_cannot_be_seen_is_told_where_answers_are_kept(code: Any, why: str) -> None:
    given, _ = with_function("", cachePolicyId="cache")
    function = resource("aws:cloudfront/function:Function", "before", {"arn": FUNCTION_ARN, "code": code})
    finding = the_finding(state(given, function, cache_policy()))
    assert (finding.name, finding.severity) == ("function-cannot-be-read", "warning")
    assert why in finding.explanation
    assert FUNCTION_ARN in finding.fix
    assert finding_names(state(given, function, cache_policy((0, 0, 0)))) == []


def test_lambda_at_viewer_request_cannot_be_seen() -> None:
    finding = the_finding(state(behavior("viewer-request", cachePolicyId="cache"), cache_policy()))
    assert finding.explanation == (
        "The Lambda@Edge function edge on viewer-request runs before a cache that holds responses, and cannot be read"
        " here: its code is not in the state. If it chooses an origin, or writes what an application bases its"
        " response on, by something that is not in the cache key, one visitor's response is cached for others (AWS page"
        " lambda-cloudfront-trigger-events)."
    )


def test_an_origin_request_function_behind_a_key_of_the_path_alone_is_told() -> None:
    assert finding_names(state(behavior("origin-request", cachePolicyId="cache"), cache_policy())) == warnings_of(
        "trigger-behind-empty-key"
    )
    keyed = state(behavior("origin-request", cachePolicyId="cache"), cache_policy(query=("all", [])))
    assert finding_names(keyed) == []


def test_the_code_of_a_function_that_is_not_published_is_not_what_runs() -> None:
    given, function = with_function("function handler(event) { return event.request; }", cachePolicyId="cache")
    for publish, expected in ((True, []), (False, [("function-cannot-be-read", "warning")])):
        function["outputs"]["publish"] = publish
        assert finding_names(state(given, function, cache_policy())) == expected
    finding = the_finding(state(given, function, cache_policy()))
    assert finding.explanation.startswith(
        "The CloudFront Function before on viewer-request runs before a cache that holds responses, and cannot be read"
        " here: publish is false, so the state has the code of its stage DEVELOPMENT, and what is live may be another."
    )


@pytest.mark.parametrize(
    ("hidden", "why"),
    [
        ({"defaultCacheBehavior": SEALED}, "defaultCacheBehavior is an encrypted secret: export the state with"),
        ({"defaultCacheBehavior": {"cachePolicyId": 7}}, "defaultCacheBehavior.cachePolicyId is 7: expected text"),
        ({"defaultCacheBehavior": {"cachePolicyId": "own"}}, "own: minTtl is an encrypted secret: export the state"),
    ],
)
def test_a_distribution_that_cannot_be_read_hides_no_other(hidden: dict[str, Any], why: str) -> None:
    both = forwarding_state(query=("all", []))
    policy = resource("aws:cloudfront/cachePolicy:CachePolicy", "own", {"minTtl": SEALED})
    both["deployment"]["resources"] += [policy, resource(DISTRIBUTION, "hidden", hidden)]
    analysis = analyze_state(both)
    assert [one.name for one in analysis.findings] == ["origin-sees-uncached-query"]
    assert (analysis.distributions, analysis.behaviors) == (1, 1)
    [unread] = analysis.not_checked
    assert unread.distribution == "hidden"
    assert unread.why.startswith(why)


OTHERS = [
    ("aws-native:cloudfront:Distribution", {}),
    ("aws-native:cloudfront:DistributionTenant", {}),
    ("aws:cloudfront/multitenantDistribution:MultitenantDistribution", {}),
    ("aws:cloudfront/distributionTenant:DistributionTenant", {}),
    ("aws:cloudcontrol/resource:Resource", {"typeName": "AWS::CloudFront::Distribution"}),
    ("aws:lightsail/distribution:Distribution", {}),
    ("aws:cloudformation/stack:Stack", {"templateBody": '{"Type": "AWS::CloudFront::Distribution"}'}),
    ("aws-native:index:ExtensionResource", {"type": "AWS::CloudFront::Distribution"}),
    ("cdn:tf:aws_cloudfront_distribution", {}),
    ("cdn:tf:aws_cloudfront_distribution_tenant", {}),
    ("cdn:tf:awscc_cloudfront_distribution", {}),
    ("cdn:tf:aws_lightsail_distribution", {}),
    ("cdn:tf:aws_cloudcontrolapi_resource", {"type_name": "AWS::CloudFront::Distribution"}),
    ("cdn:tf:aws_cloudformation_stack", {"template_body": "Type: AWS::CloudFront::Distribution"}),
    ("aws:cloudformation/stackSet:StackSet", {"templateBody": "Type: AWS::CloudFront::Distribution"}),
    ("aws-native:cloudformation:StackSet", {"templateBody": {"Type": "AWS::CloudFront::Distribution"}}),
    ("aws:cloudformation/stack:Stack", {"templateUrl": "https://b.s3.amazonaws.com/t.yaml"}),
    ("aws:cloudformation/stack:Stack", {"templateBody": SEALED}),
    ("aws-native:cloudformation:Stack", {"templateUrl": SEALED}),
    ("aws:serverlessrepository/cloudFormationStack:CloudFormationStack", {"applicationId": "a"}),
]


@pytest.mark.parametrize(("kind", "outputs"), OTHERS)
def test_distributions_of_other_types_are_not_judged_and_said_to_be(kind: str, outputs: dict[str, Any]) -> None:
    alone = state(behavior())
    beside = state(behavior(), resource(kind, "other", outputs))
    alone["deployment"]["resources"] = [resource(kind, "other", outputs)]
    for given, behaviors in ((alone, 0), (beside, 1)):
        analysis = analyze_state(given)
        assert analysis.behaviors == behaviors
        assert analysis.is_empty is (behaviors == 0)
        [other] = analysis.not_checked
        assert str(other).startswith(f"other: its type {kind}")
        assert "other: its type" in analysis.summary


@pytest.mark.parametrize(
    ("kind", "outputs"),
    [
        ("aws:cloudcontrol/resource:Resource", {"typeName": "AWS::S3::Bucket"}),
        ("aws:cloudformation/stack:Stack", {"templateBody": "{}"}),
        ("aws:cloudformation/stack:Stack", {"templateBody": "{}", "templateUrl": "https://b.s3.amazonaws.com/t.yaml"}),
        ("aws:cloudformation/stackSet:StackSet", {}),
        ("cdn:tf:aws_s3_bucket", {}),
        ("cdn:tf:aws_cloudfront_cache_policy", {}),
        ("aws:cloudfront/originAccessControl:OriginAccessControl", {}),
        ("aws:cloudfront/cachePolicy:CachePolicy", {}),
        ("aws:cloudfront/continuousDeploymentPolicy:ContinuousDeploymentPolicy", {}),
    ],
)
def test_other_resources_are_no_distributions(kind: str, outputs: dict[str, Any]) -> None:
    assert analyze_state(state(behavior(), resource(kind, "other", outputs))).not_checked == ()


def test_what_may_be_in_a_template_is_said_with_the_way_to_look() -> None:
    stack = resource("aws:cloudformation/stack:Stack", "stack", {"templateUrl": "https://b.s3.amazonaws.com/t.yaml"})
    [unread] = analyze_state(state(behavior(), stack)).not_checked
    assert unread.why == (
        "its type aws:cloudformation/stack:Stack (with a template that is not in the state) is not read"
    )
    assert "aws:cloudfront/distribution:Distribution stack ID`" in unread.fix


def test_a_component_and_what_is_gone_is_neither_judged_nor_missing() -> None:
    kind = "aws:cloudfront/distribution:Distribution"
    marks = ({"custom": False}, {"delete": True}, {"pendingReplacement": True})
    gone = [resource(kind, "gone", {"defaultCacheBehavior": behavior()}) | mark for mark in marks]
    native = resource("aws-native:cloudfront:Distribution", "gone", {}) | {"delete": True}
    analysis = analyze_state(state(behavior(), *gone, native))
    assert (analysis.distributions, analysis.behaviors, analysis.not_checked) == (1, 1, ())


def test_what_is_only_read_is_judged_like_any_other() -> None:
    read = state(behavior(cachePolicyId=CACHING_OPTIMIZED, originRequestPolicyId="forward"))
    for one in read["deployment"]["resources"]:
        one["external"] = True
    policy = origin_request_policy(cookies=("all", [])) | {"external": True}
    read["deployment"]["resources"].append(policy)
    assert ("origin-sees-uncached-cookie", "warning") in finding_names(read)


@pytest.mark.parametrize("sealed", ["origins", "aliases", "originGroups", "comment", "tags", "loggingConfig"])
def test_what_no_rule_needs_may_be_sealed(sealed: str) -> None:
    assert finding_names(state(behavior(), **{sealed: SEALED})) == []


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"defaultCacheBehavior": SEALED}, "defaultCacheBehavior"),
        ({"orderedCacheBehaviors": SEALED}, "orderedCacheBehaviors"),
        ({"customErrorResponses": SEALED}, "customErrorResponses"),
        (
            {"defaultCacheBehavior": behavior(lambdaFunctionAssociations=[SEALED])},
            "defaultCacheBehavior.lambdaFunctionAssociations[0]",
        ),
        (
            {
                "defaultCacheBehavior": {
                    "forwardedValues": {"cookies": {"forward": "whitelist", "whitelistedNames": [SEALED]}}
                }
            },
            "defaultCacheBehavior.forwardedValues.cookies.whitelistedNames[0]",
        ),
    ],
)  # fmt: skip
def test_a_sealed_property_that_is_needed_is_named(changes: dict[str, Any], where: str) -> None:
    with pytest.raises(StateError) as caught:
        find_leaks(state(behavior(), **changes))
    assert str(caught.value) == (
        f"site: {where} is an encrypted secret: export the state with `pulumi stack export --show-secrets`"
    )


def test_a_secret_whose_plain_text_is_none_is_sealed() -> None:
    broken = {**SEALED, "plaintext": "{"}
    assert finding_names(state(behavior(), comment=broken)) == []
    with pytest.raises(StateError, match=r"cachePolicyId is an encrypted secret"):
        find_leaks(state(behavior(cachePolicyId=broken)))


def test_a_value_that_is_not_known_yet_is_named() -> None:
    unknown = behavior(cachePolicyId="04da6b54-80e4-46f7-96ec-b56ff0331ba9")
    with pytest.raises(StateError) as caught:
        find_leaks(state(unknown))
    assert str(caught.value) == (
        "site: defaultCacheBehavior.cachePolicyId is not known yet: deploy the stack, then export its state"
    )


def test_a_policy_that_no_behavior_names_may_be_sealed_too() -> None:
    policy = cache_policy()
    policy["outputs"]["parametersInCacheKeyAndForwardedToOrigin"] = SEALED
    assert finding_names(state(behavior(), policy)) == []
    with pytest.raises(StateError, match=r"^cache: parametersInCacheKeyAndForwardedToOrigin is an encrypted"):
        find_leaks(state(behavior(cachePolicyId="cache"), policy))


@pytest.mark.parametrize("names", [["*"], ["s*"], ["sessio?"], ["*", "other"]])
def test_wildcards_in_the_key_cover_what_they_match(names: list[str]) -> None:
    given = behavior(cachePolicyId="cache", originRequestPolicyId="forward")
    forward = origin_request_policy(cookies=("whitelist", ["session"]))
    assert finding_names(state(given, cache_policy(cookies=("whitelist", names)), forward)) == []
    every = origin_request_policy(cookies=("all", []))
    is_whole = "*" in names
    assert bool(finding_names(state(given, cache_policy(cookies=("whitelist", names)), every))) is not is_whole


def test_ttls_that_a_policy_replaces_may_be_sealed() -> None:
    assert finding_names(state(behavior(minTtl=SEALED, forwardedValues=SEALED))) == []


def test_an_unknown_policy_is_told_with_the_commands_that_bring_it_in() -> None:
    analysis = analyze_state(state(behavior(originRequestPolicyId="1a2b3c4d-0000")))
    [finding] = analysis.findings
    assert finding.fix == (
        "`pulumi import --protect=false aws:cloudfront/originRequestPolicy:OriginRequestPolicy 1a2b3c4d 1a2b3c4d-0000`"
        " in the project of this state, and export it again; `aws cloudfront get-origin-request-policy --id"
        " 1a2b3c4d-0000` shows it."
    )
    assert analysis.summary.endswith(
        "not checked: 1 (site, path pattern *: of its policy 1a2b3c4d-0000 nothing is known)"
    )
