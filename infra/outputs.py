"""The outputs of the components, typed and documented: a schema for other languages is made from these classes."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class RoutingOutputs(TypedDict):
    """Outputs of both components.

    Attributes:
        functionArn: ARN of the Lambda@Edge function's version, where the strategy runs one.
        functionVersion: That version.
        viewerFunctionArn: ARN of the CloudFront Function at viewer-request, where the strategy runs one.
        rewritingFunctionArn: ARN of the CloudFront Function at viewer-response that names the site in responses.
        keyValueStoreArn: ARN of the key-value store that the CloudFront Functions read.
        controlTable: Name of the control table, with live control.
        controllerFunction: Name of the rollout controller's function, with a rollout.
        rolloutTopic: ARN of the SNS topic of rollouts.
        alarmTopic: ARN of the SNS topic of alarms, with alarms.
        originPolicies: Policies of private origins, as JSON, by bucket or by the ARN of the function.
        tableNames: Names of the strategies' tables, by purpose.
        cachedPaths: By path pattern that may be cached, a digest of what a cached response depends on.
        strategy: The chosen strategy.
        canaryPercent: Share of new visitors on the canary.
        release: Name of the release.
        pin: Version that everybody is sent to, or none.
    """

    functionArn: NotRequired[str]
    functionVersion: NotRequired[str]
    viewerFunctionArn: NotRequired[str]
    rewritingFunctionArn: NotRequired[str]
    keyValueStoreArn: NotRequired[str]
    controlTable: NotRequired[str]
    controllerFunction: NotRequired[str]
    rolloutTopic: NotRequired[str]
    alarmTopic: NotRequired[str]
    originPolicies: NotRequired[dict[str, str]]
    tableNames: dict[str, str]
    cachedPaths: dict[str, str]
    strategy: str
    canaryPercent: float
    release: str
    pin: str


class EdgeRouterOutputs(RoutingOutputs):
    """Outputs of EdgeRouter, which are the program's too.

    Attributes:
        domain: Domain name of the distribution.
        distributionId: ID of the distribution.
        validatorFunction: Name of the validator's function, where it is deployed.
    """

    domain: str
    distributionId: str
    validatorFunction: NotRequired[str]


class LambdaFunctionAssociation(TypedDict):
    """A Lambda@Edge function at an event.

    Attributes:
        eventType: `origin-request` or `origin-response`.
        lambdaArn: ARN of the function's version.
        includeBody: Whether the function gets the request's body.
    """

    eventType: str
    lambdaArn: str
    includeBody: bool


class FunctionAssociation(TypedDict):
    """A CloudFront Function at an event.

    Attributes:
        eventType: `viewer-request` or `viewer-response`.
        functionArn: ARN of the function.
    """

    eventType: str
    functionArn: str


class OriginHeader(TypedDict):
    """A header that CloudFront adds to requests to an origin.

    Attributes:
        name: Name of the header.
        value: Its value.
    """

    name: str
    value: str


class CustomOriginConfig(TypedDict):
    """Connection of CloudFront to an origin that is not a bucket.

    Attributes:
        httpPort: Port for http.
        httpsPort: Port for https.
        originProtocolPolicy: `http-only` or `https-only`.
        originSslProtocols: Versions of TLS.
        originReadTimeout: Seconds that CloudFront waits for a response.
    """

    httpPort: int
    httpsPort: int
    originProtocolPolicy: str
    originSslProtocols: list[str]
    originReadTimeout: int


class S3OriginConfig(TypedDict):
    """Settings of CloudFront's API for a bucket.

    Attributes:
        originAccessIdentity: Always empty: the origin access control has replaced it.
    """

    originAccessIdentity: str


class DistributionOrigin(TypedDict):
    """An origin as the resource aws.cloudfront.Distribution takes it.

    Attributes:
        originId: `stable`.
        domainName: DNS name of the origin.
        originPath: Prefix of every request's path.
        originAccessControlId: ID of the origin access control, where CloudFront signs requests.
        customHeaders: Headers that CloudFront adds, such as the origin verification header.
        customOriginConfig: For an origin that is not a bucket.
        s3OriginConfig: For a bucket.
    """

    originId: str
    domainName: str
    originPath: NotRequired[str]
    originAccessControlId: NotRequired[str]
    customHeaders: NotRequired[list[OriginHeader]]
    customOriginConfig: NotRequired[CustomOriginConfig]
    s3OriginConfig: NotRequired[S3OriginConfig]


class CustomErrorResponse(TypedDict):
    """Time for which CloudFront caches an error.

    Attributes:
        errorCode: Status code.
        errorCachingMinTtl: Seconds.
    """

    errorCode: int
    errorCachingMinTtl: int


class CanaryRoutingOutputs(RoutingOutputs):
    """Outputs of CanaryRouting, in the shape that the caller's aws.cloudfront.Distribution takes.

    Attributes:
        origins: The distribution's origins: the stable one, from which the router sends requests to the others.
        targetOriginId: ID of that origin, for the behaviors.
        lambdaFunctionAssociations: Of each behavior that is to be routed.
        functionAssociations: Of the same behaviors.
        cachePolicyId: ID of their cache policy.
        originRequestPolicyId: ID of their origin request policy.
        customErrorResponses: Of the distribution: errors are not cached where visitors get different origins.
    """

    origins: list[DistributionOrigin]
    targetOriginId: str
    lambdaFunctionAssociations: list[LambdaFunctionAssociation]
    functionAssociations: list[FunctionAssociation]
    cachePolicyId: str
    originRequestPolicyId: str
    customErrorResponses: list[CustomErrorResponse]
