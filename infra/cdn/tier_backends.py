"""Mock backends for the tiers, for trials in AWS: REST APIs of API Gateway that respond from a template."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import pulumi
import pulumi_aws as aws

from strategies.tier import TierOrigin

STAGE = "demo"
METHODS = ("GET", "POST")
CONTENT_TYPES = ("application/json", "application/x-www-form-urlencoded", "text/plain")
"""Content types of a POST. Without a template for its type a mock responds with 500; with `NEVER`, with 415."""
REQUEST_TEMPLATE = json.dumps({"statusCode": 200})
"""A mock integration returns the response of this status ("Mock integrations for REST APIs")."""


class TierBackends(pulumi.ComponentResource):
    """One REST API for each tier, the default included; `backends` has {"domainName": …, "path": "/demo"} by tier."""

    backends: pulumi.Output[dict[str, dict[str, str]]]

    def __init__(
        self, name: str, prefix: str, tiers: Sequence[str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("edge-router:infra:TierBackends", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._tiers = {tier: _stage(tier, prefix, child).invoke_url.apply(backend_at) for tier in tiers}
        self.backends = pulumi.Output.all(**self._tiers)
        self.register_outputs({"backends": self.backends})

    def key_values(self, tiers: Sequence[str]) -> dict[str, pulumi.Output[str]]:
        """Return what functions/tier.js reads of these tiers, by key of its store."""
        return {f"tier:{tier}": self._tiers[tier].apply(lambda found, tier=tier: _value(found, tier)) for tier in tiers}


def backend_at(invoke_url: str) -> dict[str, str]:
    """Return an origin's keys from `https://<api>.execute-api.<region>.amazonaws.com/<stage>`."""
    address = urlsplit(invoke_url)
    return {"domainName": address.netloc, "path": address.path}


def _value(backend: dict[str, str], tier: str) -> str:
    """Return the value of a tier. API Gateway finds the API by Host, so hostHeader is `origin`."""
    return TierOrigin(domain_name=backend["domainName"], path=backend["path"]).as_json(tier)


def response_template(tier: str) -> str:
    """Return the body of every response; `name` is the same field as in demo/echo.py."""
    return json.dumps({"name": tier, "method": "$context.httpMethod"})


def _stage(tier: str, prefix: str, opts: pulumi.ResourceOptions) -> aws.apigateway.Stage:
    """Create an API that responds on every path, deployed. Regional, because a distribution is in front already."""
    api = aws.apigateway.RestApi(
        f"{tier}-api",
        name=f"{prefix}-tier-{tier}",
        description=f"edge-router: mock back end of the tier {tier}",
        endpoint_configuration=aws.apigateway.RestApiEndpointConfigurationArgs(types="REGIONAL"),
        opts=opts,
    )
    below = aws.apigateway.Resource(
        f"{tier}-paths", rest_api=api.id, parent_id=api.root_resource_id, path_part="{proxy+}", opts=opts
    )
    places = {"root": api.root_resource_id, "paths": below.id}
    methods = [
        _create_method(f"{tier}-{place}-{method}", tier, {"rest_api": api.id, "resource_id": place_id}, method, opts)
        for place, place_id in places.items()
        for method in METHODS
    ]
    deployment = aws.apigateway.Deployment(
        f"{tier}-deployment",
        rest_api=api.id,
        description=f"Answers for the tier {tier}",
        # A deployment is a copy: only a new one serves changes.
        triggers={"content": content_digest(tier)},
        opts=_after(methods, opts),
    )
    return aws.apigateway.Stage(f"{tier}-stage", rest_api=api.id, deployment=deployment.id, stage_name=STAGE, opts=opts)


def content_digest(tier: str) -> str:
    """Return a digest of everything that the API responds with, or to."""
    content = [METHODS, CONTENT_TYPES, REQUEST_TEMPLATE, response_template(tier)]
    return sha256(json.dumps(content).encode()).hexdigest()[:16]


def _create_method(
    name: str, tier: str, place: dict[str, Any], method: str, opts: pulumi.ResourceOptions
) -> aws.apigateway.IntegrationResponse:
    """Create the four parts of a method, each of which AWS accepts only after the one before."""
    place = {**place, "http_method": method}
    asked = aws.apigateway.Method(name, **place, authorization="NONE", opts=opts)
    integration = aws.apigateway.Integration(
        f"{name}-mock",
        **place,
        type="MOCK",
        passthrough_behavior="NEVER",
        request_templates=dict.fromkeys(CONTENT_TYPES, REQUEST_TEMPLATE),
        opts=_after([asked], opts),
    )
    answered = aws.apigateway.MethodResponse(
        f"{name}-200",
        **place,
        status_code="200",
        response_models={"application/json": "Empty"},
        opts=_after([asked], opts),
    )
    return aws.apigateway.IntegrationResponse(
        f"{name}-answer",
        **place,
        status_code="200",
        response_templates={"application/json": response_template(tier)},
        opts=_after([integration, answered], opts),
    )


def _after(needed: Sequence[pulumi.Resource], opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=list(needed)))
