"""aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Properties, ResourceModel, Scope, child, digest, words
from simulator.standin.model.rules import among_aws, between, matching
from simulator.standin.model.taken import in_account
from simulator.standin.models.cloudfront.policies import etag

RESPONSE_HEADERS_POLICY_TYPE = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"
# "Use managed response headers policies", CloudFront Developer Guide.
MANAGED_RESPONSE_HEADERS_POLICIES = {"67f7725c-6f97-4210-82d7-5512b31e9d03": "SecurityHeadersPolicy"}
_SECURITY = "securityHeadersConfig"
_PARTS = (_SECURITY, "customHeadersConfig", "corsConfig", "removeHeadersConfig", "serverTimingHeadersConfig")


def _check(inputs: Properties, _scope: Scope) -> Iterator[Failure]:
    if not any(inputs.get(part) for part in _PARTS):
        yield Failure(_SECURITY, "is required, or another part: a policy without headers is none (InvalidArgument)")
    transport = child(child(inputs, _SECURITY), "strictTransportSecurity")
    if transport.get("preload") is True and transport.get("includeSubdomains") is not True:
        yield Failure(f"{_SECURITY}.strictTransportSecurity.preload", "needs includeSubdomains beside it")


RESPONSE_HEADERS_POLICY = ResourceModel(
    type=RESPONSE_HEADERS_POLICY_TYPE,
    args="cloudfront.ResponseHeadersPolicyArgs",
    modelled=words("comment customHeadersConfig name securityHeadersConfig"),
    identify=lambda creation: str(uuid.UUID(bytes=digest("policy", creation.urn)[:16], version=4)),
    compute=lambda creation: {
        "arn": creation.scope.arn("cloudfront", f"response-headers-policy/{creation.id}", ""),
        "etag": etag(creation),
    },
    replaces=frozenset(),
    computed=words("arn etag"),
    rules={
        "name": matching(r"[A-Za-z0-9_-]{1,128}", "1 to 128 letters, digits, '-' or '_'"),
        "comment": matching(r"(?s).{0,128}", "at most 128 characters"),
        f"{_SECURITY}.frameOptions.frameOption": among_aws("cloudfront", "FrameOptionsList"),
        f"{_SECURITY}.referrerPolicy.referrerPolicy": among_aws("cloudfront", "ReferrerPolicyList"),
        f"{_SECURITY}.strictTransportSecurity.accessControlMaxAgeSec": between(0, 2_147_483_647),
    },
    check=_check,
    named=128,
    unique=in_account("ResponseHeadersPolicyAlreadyExists"),
)
