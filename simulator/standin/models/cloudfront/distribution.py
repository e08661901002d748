"""aws:cloudfront/distribution:Distribution."""

from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import LOWER, UPPER, Creation, Properties, ResourceModel, Scope, draw, words
from simulator.standin.model.rules import (
    Rule,
    among,
    among_aws,
    child,
    children,
    matching,
    numbered_children,
    numbered_items,
)
from simulator.standin.models.acm import CERTIFICATE_TYPE, covers, is_issued
from simulator.standin.models.cloudfront.associations import EVENT_TYPES, association_failures
from simulator.standin.models.cloudfront.origins import (
    GROUP_RULES,
    ORIGIN_RULES,
    group_failures,
    origin_failures,
    with_defaults,
)
from simulator.standin.models.cloudfront.policies import (
    CACHE_POLICY_TYPE,
    MANAGED_CACHE_POLICIES,
    MANAGED_ORIGIN_REQUEST_POLICIES,
    MANAGED_RESPONSE_HEADERS_POLICIES,
    ORIGIN_REQUEST_POLICY_TYPE,
    RESPONSE_HEADERS_POLICY_TYPE,
    etag,
)
from simulator.standin.models.route53 import CLOUDFRONT_ZONE_ID, DISTRIBUTION_TYPE
from simulator.standin.models.s3 import BUCKET_TYPE, may_write_legacy_logs

_METHODS = ({"GET", "HEAD"}, {"GET", "HEAD", "OPTIONS"}, {"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"})
_POLICIES = {
    "cachePolicyId": (CACHE_POLICY_TYPE, MANAGED_CACHE_POLICIES),
    "originRequestPolicyId": (ORIGIN_REQUEST_POLICY_TYPE, MANAGED_ORIGIN_REQUEST_POLICIES),
    "responseHeadersPolicyId": (RESPONSE_HEADERS_POLICY_TYPE, MANAGED_RESPONSE_HEADERS_POLICIES),
}


def _check(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from origin_failures(inputs, scope)
    yield from group_failures(inputs)
    for path, behavior in _behaviors(inputs):
        yield from _target(inputs, behavior, path)
        yield from _methods(behavior, path)
        yield from _caching(behavior, path)
        yield from _policies(behavior, path, scope)
        yield from association_failures(behavior, path, scope)
    patterns = [behavior.get("pathPattern") for behavior in children(inputs, "orderedCacheBehaviors")]
    if len(patterns) != len({str(pattern) for pattern in patterns}):
        yield Failure("orderedCacheBehaviors", "have the same pathPattern twice")
    yield from _certificate(inputs)
    yield from _own_certificate(inputs, scope)
    yield from _logging(inputs, scope)


def _behaviors(inputs: Properties) -> list[tuple[str, dict[str, object]]]:
    behaviors = numbered_children(inputs, "orderedCacheBehaviors")
    default = child(inputs, "defaultCacheBehavior")
    return [("defaultCacheBehavior", default), *behaviors] if default else behaviors


def _target(inputs: Properties, behavior: Properties, path: str) -> Iterator[Failure]:
    groups = [group.get("originId") for group in children(inputs, "originGroups")]
    ids = [origin.get("originId") for origin in children(inputs, "origins")] + groups
    target = behavior.get("targetOriginId")
    allowed = [method for _, method in numbered_items(behavior, "allowedMethods")]
    if target in groups and {"POST", "PUT", "PATCH", "DELETE"}.intersection(map(str, allowed)):
        text = "cannot include POST, PUT, PATCH, or DELETE where the target is an origin group (InvalidArgument)"
        yield Failure(f"{path}.allowedMethods", text)
    if isinstance(target, str) and all(isinstance(one, str) for one in ids) and target not in ids:
        yield Failure(f"{path}.targetOriginId", f"is {target!r}: the origins are {', '.join(map(repr, ids))}")


def _methods(behavior: Properties, path: str) -> Iterator[Failure]:
    allowed, cached = behavior.get("allowedMethods"), behavior.get("cachedMethods")
    if isinstance(allowed, list) and set(allowed) not in _METHODS:
        choices = "; ".join(",".join(sorted(methods)) for methods in _METHODS)
        yield Failure(f"{path}.allowedMethods", f"must be one of: {choices}")
    if isinstance(cached, list) and set(cached) not in _METHODS[:2]:
        yield Failure(f"{path}.cachedMethods", "must be GET,HEAD or GET,HEAD,OPTIONS")


def _caching(behavior: Properties, path: str) -> Iterator[Failure]:
    has_policy = behavior.get("cachePolicyId") is not None
    if has_policy and behavior.get("forwardedValues") is not None:
        yield Failure(f"{path}.forwardedValues", "cannot be used together with cachePolicyId")
    if not has_policy and behavior.get("forwardedValues") is None:
        yield Failure(f"{path}.cachePolicyId", "is required, unless there are the deprecated forwardedValues")
    if not has_policy and behavior.get("originRequestPolicyId") is not None:
        yield Failure(f"{path}.originRequestPolicyId", "needs a cachePolicyId beside it")
    for key in ("minTtl", "defaultTtl", "maxTtl") if has_policy else ():
        if behavior.get(key):
            yield Failure(f"{path}.{key}", "belongs in the cache policy when there is one")


def _policies(behavior: Properties, path: str, scope: Scope) -> Iterator[Failure]:
    for key, (token, managed) in _POLICIES.items():
        value = behavior.get(key)
        if isinstance(value, str) and value not in managed and (token, value) not in scope.existing:
            names = ", ".join(managed.values())
            yield Failure(f"{path}.{key}", f"is {value!r}: no policy of this deployment, nor managed ({names})")


def _certificate(inputs: Properties) -> Iterator[Failure]:
    certificate = child(inputs, "viewerCertificate")
    uses_default = certificate.get("cloudfrontDefaultCertificate") is True
    acm = certificate.get("acmCertificateArn")
    if uses_default and inputs.get("aliases"):
        yield Failure("aliases", "need a certificate of their own (viewerCertificate.acmCertificateArn)")
    if isinstance(acm, str) and not acm.startswith("arn:aws:acm:us-east-1:"):
        yield Failure("viewerCertificate.acmCertificateArn", "must be a certificate in us-east-1")
    if acm is not None and certificate.get("sslSupportMethod") is None:
        yield Failure("viewerCertificate.sslSupportMethod", "is required beside acmCertificateArn")
    if certificate and not uses_default and acm is None and certificate.get("iamCertificateId") is None:
        yield Failure("viewerCertificate", "names no certificate; cloudfrontDefaultCertificate: true is CloudFront's")


def _own_certificate(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    """Rules of a certificate of this deployment: ACM has issued it, and it covers every alias."""
    arn = child(inputs, "viewerCertificate").get("acmCertificateArn")
    certificate = scope.find(CERTIFICATE_TYPE, arn=arn) if isinstance(arn, str) else None
    if certificate is None:
        return
    if not is_issued(str(arn), scope):
        yield Failure("viewerCertificate.acmCertificateArn", "is not validated yet (InvalidViewerCertificate)")
    for path, alias in numbered_items(inputs, "aliases"):
        if isinstance(alias, str) and not covers(certificate.outputs, alias):
            yield Failure(path, f"is {alias!r}, which the certificate does not cover")


def _logging(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    where = child(inputs, "loggingConfig").get("bucket")
    yield from scope.missing("loggingConfig.bucket", where, BUCKET_TYPE, "bucket", by="bucketDomainName")
    bucket = scope.find(BUCKET_TYPE, bucketDomainName=where) if isinstance(where, str) else None
    if bucket and not may_write_legacy_logs(str(bucket.outputs["bucket"]), scope):
        yield Failure("loggingConfig.bucket", "has an ACL that does not let CloudFront write (InvalidArgument)")


def _with_behavior_defaults(behavior: Properties) -> dict[str, object]:
    complete: dict[str, object] = {"compress": False, "smoothStreaming": False, **behavior}
    if "lambdaFunctionAssociations" in behavior:
        entries = children(behavior, "lambdaFunctionAssociations")
        complete["lambdaFunctionAssociations"] = [{"includeBody": False, **entry} for entry in entries]
    return complete


def _compute(creation: Creation) -> dict[str, object]:
    inputs = creation.inputs
    computed: dict[str, object] = {
        "callerReference": draw("0123456789", 20, "reference", creation.id),
        "defaultCacheBehavior": _with_behavior_defaults(child(inputs, "defaultCacheBehavior")),
        "domainName": f"d{draw(LOWER, 13, 'domain', creation.id)}.cloudfront.net",
        "etag": etag(creation),
        "hostedZoneId": CLOUDFRONT_ZONE_ID,
        "inProgressValidationBatches": 0,
        "origins": [with_defaults(origin) for origin in children(inputs, "origins")],
        "status": "Deployed",
    }
    if "orderedCacheBehaviors" in inputs:
        ordered = children(inputs, "orderedCacheBehaviors")
        computed["orderedCacheBehaviors"] = [_with_behavior_defaults(behavior) for behavior in ordered]
    return computed


def _behavior_rules(path: str) -> dict[str, Rule]:
    return {
        f"{path}.viewerProtocolPolicy": among_aws("cloudfront", "ViewerProtocolPolicy"),
        f"{path}.lambdaFunctionAssociations[*].eventType": among(*EVENT_TYPES),
    }


DISTRIBUTION = ResourceModel(
    type=DISTRIBUTION_TYPE,
    arn="cloudfront:distribution/{id}",
    modelled=words(
        "aliases comment customErrorResponses defaultCacheBehavior defaultRootObject enabled httpVersion"
        " isIpv6Enabled loggingConfig orderedCacheBehaviors originGroups origins priceClass restrictions retainOnDelete"
        " tags viewerCertificate waitForDeployment webAclId"
    ),
    identify=lambda creation: "E" + draw(UPPER, 13, creation.urn),
    compute=_compute,
    replaces=words("staging"),
    computed=words("callerReference domainName etag hostedZoneId inProgressValidationBatches status"),
    defaults={
        "httpVersion": "http2",
        "isIpv6Enabled": False,
        "priceClass": "PriceClass_All",
        "retainOnDelete": False,
        "staging": False,
        "waitForDeployment": True,
    },
    unordered=words(
        "originGroups statusCodes origins aliases customHeaders allowedMethods cachedMethods lambdaFunctionAssociations"
        " functionAssociations originSslProtocols"
    ),
    rules={
        **ORIGIN_RULES,
        **GROUP_RULES,
        **_behavior_rules("defaultCacheBehavior"),
        **_behavior_rules("orderedCacheBehaviors[*]"),
        "httpVersion": among("http1.1", "http2", "http3", "http2and3"),
        "aliases[*]": matching(
            r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+", "a name in lower case, with or without *. before it"
        ),
        "priceClass": among_aws("cloudfront", "PriceClass"),
        "webAclId": matching(
            r"arn:aws:wafv2:us-east-1:\d{12}:global/webacl/[\w-]+/[0-9a-f-]{36}", "the ARN of a global web ACL (WAFv2)"
        ),
        "comment": matching(r"(?s).{0,128}", "at most 128 characters"),
        "restrictions.geoRestriction.restrictionType": among_aws("cloudfront", "GeoRestrictionType"),
        "viewerCertificate.minimumProtocolVersion": among_aws("cloudfront", "MinimumProtocolVersion"),
        "viewerCertificate.sslSupportMethod": among_aws("cloudfront", "SSLSupportMethod"),
        "customErrorResponses[*].errorCode": among(400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504),
    },
    check=_check,
)

MODELS = (DISTRIBUTION,)
