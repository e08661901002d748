"""Headers for browsers, a web ACL, and the secret by which origins know CloudFront."""

from __future__ import annotations

import json
from typing import Any

import pytest

from strategies.registry import STRATEGIES
from tests.infra.configs import STACKS, choosing, problems_of
from tests.infra.test_program import DISTRIBUTION, VERSIONED, all_resources, inputs, run

POLICY = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"
WEB_ACL = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/edge/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"
SECRET = "0123456789abcdef0123456789abcdef"
CONFIGS = [*(choosing(name) for name in STRATEGIES), *VERSIONED.values()]

MISTAKES: list[tuple[dict[str, Any], str]] = [
    (
        {"webAclArn": "edge"},
        "webAclArn is 'edge': the ARN of a web ACL is arn:aws:wafv2:us-east-1:<account>:global/webacl/<name>/<id>",
    ),
    (
        {"webAclArn": WEB_ACL.replace("us-east-1", "eu-west-1").replace("global", "regional")},
        "webAclArn is 'arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/edge/0a1b2c3d-0a1b-0a1b-0a…: CloudFront"
        " takes web ACLs of us-east-1 with the scope CLOUDFRONT (global) only",
    ),
    ({"responseHeaders": "maybe"}, "responseHeaders is 'maybe': expected true or false"),
    (
        {"originSecretHeader": "x origin"},
        "originSecretHeader is 'x origin': a header name is a token by RFC 9110, that is letters, digits and"
        " !#$%&'*+-.^_`|~",
    ),
    (
        {"originSecretHeader": "X-Edge-Verify"},
        "originSecretHeader is 'X-Edge-Verify': CloudFront adds no header of that name to requests; take one such as"
        " x-origin-verify",
    ),
    (
        {"originSecretHeader": "x-amz-verify"},
        "originSecretHeader is 'x-amz-verify': CloudFront adds no header of that name to requests; take one such as"
        " x-origin-verify",
    ),
    (
        {"originSecretHeader": "X-Router-Trace"},
        "originSecretHeader is 'X-Router-Trace': headers that begin with x-router- are the router's own",
    ),
    ({"originSecret": "short"}, "originSecret has 5 characters: at least 16 random ones keep others out"),
]


@pytest.mark.parametrize(("section", "expected"), MISTAKES, ids=[text for _, text in MISTAKES])
def test_a_mistake_is_named_by_its_full_key(section: dict[str, Any], expected: str) -> None:
    assert problems_of(security=section) == [f"edge-router:security.{expected}"]


@pytest.mark.parametrize(
    "name", ["Cookie", "host", "if-match", "Proxy-Anything", "cache-control", "te", "via", "expect"]
)
def test_no_header_that_cloudfront_would_not_send(name: str) -> None:
    [problem] = problems_of(security={"originSecretHeader": name})
    assert problem.startswith(f"edge-router:security.originSecretHeader is {name!r}: CloudFront ")


def test_the_override_and_the_secret_have_headers_of_their_own() -> None:
    override = {"header": "x-Origin-verify", "secret": SECRET}
    assert problems_of(override=override) == [
        "edge-router:security.originSecretHeader is 'x-origin-verify', as override.header: the viewer's would never"
        " arrive"
    ]


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup|sticky-session|caching|\b(local|staging)\b")
@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("overrides", CONFIGS, ids=" ".join)
def test_every_behavior_adds_what_the_origin_does_not_say(stack: str, overrides: tuple[str, ...]) -> None:
    found = run(stack, *overrides, "staticPaths[0]=/static/*")
    [policy] = all_resources(found, POLICY)
    assert policy["inputs"]["securityHeadersConfig"] == {
        "strictTransportSecurity": {
            "accessControlMaxAgeSec": 31_536_000,
            "includeSubdomains": False,
            "preload": False,
            "override": False,
        },
        "contentTypeOptions": {"override": False},
        "frameOptions": {"frameOption": "SAMEORIGIN", "override": False},
        "referrerPolicy": {"referrerPolicy": "strict-origin-when-cross-origin", "override": False},
    }
    distribution = inputs(found, DISTRIBUTION)
    behaviors = [distribution["defaultCacheBehavior"], *distribution["orderedCacheBehaviors"]]
    assert [one["responseHeadersPolicyId"] for one in behaviors] == [policy["id"]] * 2


@pytest.mark.long
def test_the_headers_can_be_left_to_the_origins() -> None:
    found = run("prod", "security.responseHeaders=false")
    assert all_resources(found, POLICY) == []
    assert "responseHeadersPolicyId" not in inputs(found, DISTRIBUTION)["defaultCacheBehavior"]


@pytest.mark.long
def test_a_web_acl_is_attached() -> None:
    assert inputs(run("prod", f"security.webAclArn={WEB_ACL}"), DISTRIBUTION)["webAclId"] == WEB_ACL
    assert "webAclId" not in inputs(run("prod"), DISTRIBUTION)


@pytest.mark.long_if(r"^(?!strategy=tier)")
@pytest.mark.parametrize("overrides", CONFIGS, ids=" ".join)
def test_every_request_to_an_origin_carries_the_secret_which_is_one_in_the_state(overrides: tuple[str, ...]) -> None:
    found = run("prod", *overrides, f"security.originSecret={SECRET}", "security.originSecretHeader=x-from-edge")
    assert SECRET not in json.dumps(found.state)
    opened = next(
        one
        for one in found.state_with_secrets["deployment"]["resources"]
        if one["type"] == DISTRIBUTION  # type: ignore[index]
    )
    assert SECRET in json.dumps(opened["inputs"]["origins"])
    assert "x-from-edge" in json.dumps(opened["inputs"]["origins"])


def test_without_a_secret_nothing_is_added() -> None:
    assert "customHeaders" not in inputs(run("prod"), DISTRIBUTION)["origins"][0]
