"""Mock back ends for the tiers, to try them in AWS: REST APIs of API Gateway that answer from a template."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import pulumi
import pulumi_aws as aws

STAGE = "demo"
METHODS = ("GET", "POST")
CONTENT_TYPES = ("application/json", "application/x-www-form-urlencoded", "text/plain")
"""What a POST may send. A mock that gets a body without a template for its type answers 500, hence `NEVER`: 415."""
REQUEST_TEMPLATE = json.dumps({"statusCode": 200})
"""A mock integration answers with the response of this status ("Mock integrations for REST APIs")."""


@dataclass(frozen=True)
class TierBackendsArgs:
    """The prefix of the APIs' names, and the tiers."""

    prefix: str
    tiers: Sequence[str]


class TierBackends(pulumi.ComponentResource):
    """One REST API for each tier. `backends` are the tiers' origins as the section `tier` has them, by tier."""

    backends: pulumi.Output[dict[str, dict[str, object]]]

    def __init__(self, name: str, args: TierBackendsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:TierBackends", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        tiers = {tier: _stage(tier, args.prefix, child).invoke_url.apply(backend_at) for tier in args.tiers}
        self.backends = pulumi.Output.all(**tiers)
        self.register_outputs({"backends": self.backends})


def backend_at(invoke_url: str) -> dict[str, object]:
    """Parse `https://<api>.execute-api.<region>.amazonaws.com/<stage>`.

    API Gateway speaks https only, and finds the API by Host, which therefore is the domain: hostHeader `origin`.
    """
    address = urlsplit(invoke_url)
    return {
        "domainName": address.netloc,
        "protocol": "https",
        "port": 443,
        "path": address.path,
        "hostHeader": "origin",
    }


def answer_template(tier: str) -> str:
    """The body of every answer; `name` is where demo/echo.py says who it is."""
    return json.dumps({"name": tier, "method": "$context.httpMethod"})


def _stage(tier: str, prefix: str, opts: pulumi.ResourceOptions) -> aws.apigateway.Stage:
    """An API that answers on every path, deployed. Regional, for there is a distribution before it already."""
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
    answers = [
        _answer(f"{tier}-{place}-{method}", tier, {"rest_api": api.id, "resource_id": place_id}, method, opts)
        for place, place_id in places.items()
        for method in METHODS
    ]
    deployment = aws.apigateway.Deployment(
        f"{tier}-deployment",
        rest_api=api.id,
        description=f"Answers for the tier {tier}",
        # A deployment is a copy: what changes behind it is served by a new one only.
        triggers={"content": content_digest(tier)},
        opts=_after(answers, opts),
    )
    return aws.apigateway.Stage(f"{tier}-stage", rest_api=api.id, deployment=deployment.id, stage_name=STAGE, opts=opts)


def content_digest(tier: str) -> str:
    """It changes with anything that the API answers, or answers to."""
    content = [METHODS, CONTENT_TYPES, REQUEST_TEMPLATE, answer_template(tier)]
    return sha256(json.dumps(content).encode()).hexdigest()[:16]


def _answer(
    name: str, tier: str, place: dict[str, Any], method: str, opts: pulumi.ResourceOptions
) -> aws.apigateway.IntegrationResponse:
    """The four parts of one method's answer, each of which AWS takes only after the one before."""
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
        response_templates={"application/json": answer_template(tier)},
        opts=_after([integration, answered], opts),
    )


def _after(needed: Sequence[pulumi.Resource], opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=list(needed)))
