"""The rules of the check: the name of each one's findings, what happens where it is broken, and what fixes it."""

from __future__ import annotations

import re
from dataclasses import dataclass

GUIDE = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide"


_LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")


@dataclass(frozen=True)
class Rule:
    """One rule. `what` and `fix` are Markdown, with links relative to docs/; `page` is a page of CloudFront's guide.

    `of_stack`: it compares with the decision inputs of a stack's router, and is not applied without them.
    """

    name: str
    what: str
    fix: str
    page: str
    of_stack: bool = False

    @property
    def url(self) -> str:
        """The address of AWS's page."""
        return f"{GUIDE}/{self.page}.html"


def plain(markdown: str) -> str:
    """The text of a rule without Markdown."""
    return _LINK.sub(r"\1", markdown).replace("`", "").replace("**", "")


RULES = (
    Rule(
        "decided-by-uncached-cookie",
        "The router, or a function of somebody's, decides by a cookie that is not in the cache key: the first"
        " visitor's version is sent to the others.",
        "`caching: versioned` or `none` in the strategy's section; elsewhere the cookie in the cache policy, or"
        " caching disabled",
        "understanding-the-cache-key",
    ),
    Rule(
        "decided-by-uncached-header",
        "The router, or a function, decides by a header that is not in the cache key. An override by header counts: a"
        " tester's canary would be sent to everybody.",
        "the header in the cache policy, or caching disabled",
        "understanding-the-cache-key",
    ),
    Rule(
        "decided-by-uncached-query",
        "The router, or a function, decides by a query parameter that is not in the cache key.",
        "the parameter in the cache policy, or caching disabled",
        "understanding-the-cache-key",
    ),
    Rule(
        "decided-by-rewritten-value",
        "A CloudFront Function chooses an origin by the URI, or by what the key has, and then rewrites or removes it:"
        " the key has what is left, which may be the same for two origins.",
        "the choice in a header of the key, or left in the URI",
        "helper-functions-origin-modification",
    ),
    Rule(
        "assigned-behind-the-cache",
        "A visitor without a version is assigned at origin-request, which runs on a cache miss only: all new visitors"
        " get the first one's version. The cookie in the key does not help: new visitors have none.",
        "`caching: versioned` or `none`",
        "lambda-cloudfront-trigger-events",
        of_stack=True,
    ),
    Rule(
        "body-decides-but-cached",
        "The router decides by the body, which no cache key has.",
        "caching disabled",
        "lambda-include-body-access",
    ),
    Rule(
        "version-header-not-in-key",
        "The version is assigned before the cache, but `x-router-version` is not in the key: one version is cached"
        " for all.",
        "the header in the cache policy",
        "understanding-the-cache-key",
        of_stack=True,
    ),
    Rule(
        "viewer-can-forge-version-header",
        "The router obeys `x-router-version` and no function at viewer-request overwrites it: anyone picks a version,"
        " nobody is assigned one.",
        "the stack's function on viewer-request",
        "lambda-cloudfront-trigger-events",
        of_stack=True,
    ),
    Rule(
        "set-cookie-can-be-cached",
        "A `Set-Cookie` is cached with its response and replayed to others: the router's own, one that a function"
        " adds, or one of an origin that says nothing of caching while the default TTL is above 0.",
        'caching disabled, or `minTtl` and `defaultTtl` 0; at the origin `Cache-Control: no-cache="Set-Cookie"`',
        "Cookies",
    ),
    Rule(
        "min-ttl-overrides-no-store",
        "With a minimum TTL above 0 CloudFront caches what says `no-store`, `no-cache` or `private`. An error where"
        " the router is, or where cookies or Authorization are forwarded and not in the key; a warning where cookies"
        " are in the key; none where nothing of the visitor is forwarded.",
        "`minTtl` 0",
        "Expiration",
    ),
    Rule(
        "error-pinned-on-everyone",
        "Errors are cached for 10 s even where caching is disabled: when one version fails, its error is sent to"
        " visitors of the other. Nor should a setting have an origin's 4xx cached that sees cookies or Authorization"
        " beside the key.",
        "`errorCachingMinTtl` 0 for the statuses that the finding lists",
        "custom-error-pages-expiration",
    ),
    Rule(
        "trigger-cannot-see-cookie",
        "The function at origin-request sees forwarded cookies only, and this one is not: everybody counts as new.",
        "the cookie in the origin request policy",
        "Cookies",
        of_stack=True,
    ),
    Rule(
        "trigger-cannot-see-header",
        "The function at origin-request sees forwarded headers only, and this one is not: it takes every visitor for"
        " one without it.",
        "the header in the origin request policy",
        "header-caching",
        of_stack=True,
    ),
    Rule(
        "trigger-cannot-see-query",
        "Origin triggers see the query string only if **all** of it is forwarded. A list of names is not enough.",
        "`queryStringBehavior: all`",
        "lambda-event-structure",
    ),
    Rule(
        "trigger-cannot-see-body",
        "The association does not include the body.",
        "`includeBody: true`",
        "lambda-include-body-access",
        of_stack=True,
    ),
    Rule(
        "policy-not-in-state",
        "The behavior uses a policy that the state does not have and that is not one of AWS's: it is not checked.",
        "`pulumi import` of the policy; the finding has the command",
        "using-managed-cache-policies",
    ),
    Rule(
        "origin-sees-uncached-cookie",
        "Cookies reach the origin and are not in the key: one visitor's page can be sent to another.",
        "those that its response depends on in the key, the others not forwarded",
        "understanding-the-cache-key",
    ),
    Rule(
        "origin-sees-uncached-header",
        "Headers of the viewer reach the origin and are not in the key: what it bases on them can be sent to others."
        " `Authorization` is named. With `forwardedValues` all do that CloudFront does not remove.",
        "those that its response depends on in the key, the others not forwarded; policies in the place of"
        " `forwardedValues`",
        "understanding-the-cache-key",
    ),
    Rule(
        "origin-sees-uncached-query",
        "Query parameters reach the origin and are not in the key: the page for one query can be sent for another.",
        "those that its response depends on in the key, the others not forwarded",
        "understanding-the-cache-key",
    ),
    Rule(
        "origin-sees-uncached-host",
        "The distribution has an alias beside its own name in cloudfront.net, or several, and Host is not in the key,"
        " or a function makes a header of Host: one site's page is served under another's name.",
        "Host in the key",
        "understanding-the-cache-key",
    ),
    Rule(
        "chosen-by-chance",
        "A CloudFront Function chooses an origin by chance, the time or the viewer's address, and responses are"
        " cached: the first draw decides for everybody.",
        "the choice in a header of the key, or in the URI",
        "helper-functions-origin-modification",
    ),
    Rule(
        "function-cannot-be-read",
        "A function at viewer-request runs before a cache that holds responses, and its code is not in the state"
        " (that of Lambda@Edge never is), has no handler, or may choose an origin where it could not be followed.",
        "look into it",
        "lambda-cloudfront-trigger-events",
    ),
    Rule(
        "trigger-behind-empty-key",
        "A function at origin-request runs behind a cache whose key is the path alone.",
        "what it chooses by in the key",
        "lambda-cloudfront-trigger-events",
    ),
    Rule(
        "association-missing",
        "The stack's function is not at an event that the strategy needs.",
        "the association that the finding has",
        "lambda-cloudfront-trigger-events",
        of_stack=True,
    ),
    Rule(
        "association-is-anothers",
        "Another function is there; its ARN is shown.",
        "the stack's in its place",
        "lambda-at-edge-function-restrictions",
        of_stack=True,
    ),
    Rule(
        "association-on-wrong-event",
        "The stack's function is at an event where it has nothing to do.",
        "off that event",
        "lambda-cloudfront-trigger-events",
        of_stack=True,
    ),
    Rule(
        "association-without-version",
        "The ARN is none of a numbered version.",
        "the output `functionArn`",
        "lambda-at-edge-function-restrictions",
        of_stack=True,
    ),
    Rule(
        "behavior-not-routed",
        "The router is elsewhere, not here.",
        "nothing where that is meant",
        "lambda-cloudfront-trigger-events",
        of_stack=True,
    ),
    Rule(
        "router-replaces-signed-origin",
        "The target is signed for by an origin access control or identity. The router writes a custom origin in its"
        " place, nothing is signed, and the bucket responds with 403; tier's function leaves the signature on, in the"
        " place of the viewer's `Authorization`. Where the [router signs](origins.md#who-signs), nobody says which of"
        " the two signatures arrives.",
        "a target that responds to unsigned requests, or for which the router signs",
        "private-content-restricting-access-to-s3",
        of_stack=True,
    ),
    Rule(
        "router-defeats-origin-group",
        "origin-request runs again for the second attempt, and writes the origin that has just failed; tier's"
        " function changes the first origin only, and another responds for the backend.",
        "one origin as target, or [`failover`](origins.md#failover) and its header at the group's secondary",
        "high_availability_origin_failover",
        of_stack=True,
    ),
    Rule(
        "vpc-origin-takes-no-trigger",
        "CloudFront runs no Lambda@Edge function on origin events of a VPC origin, and a CloudFront Function cannot"
        " change one.",
        "a public origin as target",
        "private-content-vpc-origins",
        of_stack=True,
    ),
    Rule(
        "origins-not-readable",
        "The origins are encrypted in the state, and the three rules above could not be applied.",
        "`--show-secrets`",
        "private-content-restricting-access-to-s3",
        of_stack=True,
    ),
)

GENERAL_RULES = tuple(rule.name for rule in RULES if not rule.of_stack)
"""The rules that need no stack, by the names of their findings."""
STACK_RULES = tuple(rule.name for rule in RULES if rule.of_stack)
"""The rules that compare with the decision inputs of a stack's router."""
