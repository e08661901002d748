"""A small program with one resource of every type the stand-in models."""

import json
import zipfile
from pathlib import Path

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
if config.get("strategy") == "wrong":
    raise pulumi.RunError("edge-router:strategy is 'wrong': allowed are sticky-session, cookie-version")
if config.get("strategy") == "warn":
    pulumi.log.warn("edge-router:strategy: care")
if config.get("strategy") == "crash":
    raise KeyError("crash")
if config.get("strategy") == "queue":
    aws.sqs.Queue("jobs")


def package() -> Path:
    path = Path(__file__).parent / ".edge-router" / "function.zip"
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("config.json"), json.dumps({"strategy": config.get("strategy")}))
    return path


def trust(*services: str) -> str:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": list(services)}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Tables(pulumi.ComponentResource):
    def __init__(self, name: str) -> None:
        super().__init__("edge-router:infra:Tables", name, {"purpose": "sessions"})
        self.sessions = aws.dynamodb.Table(
            "sessions",
            name=config.get("tableName") or None,
            billing_mode="PAY_PER_REQUEST",
            hash_key="token",
            attributes=[{"name": "token", "type": "S"}],
            ttl={"attribute_name": "expiration", "enabled": True},
            replicas=[{"region_name": "us-east-1"}],
            opts=pulumi.ResourceOptions(parent=self, protect=config.get_bool("protect")),
        )
        self.register_outputs({"sessions": self.sessions.name})


tables = Tables("tables") if config.get_bool("table") else None
virginia = aws.Provider("us-east-1", region="us-east-1", default_tags={"tags": {"project": "edge-router"}})
account = aws.get_caller_identity().account_id
role = aws.iam.Role("router", assume_role_policy=trust("lambda.amazonaws.com", "edgelambda.amazonaws.com"))
aws.iam.RolePolicy(
    "router",
    role=role.name,
    policy=(tables.sessions.arn if tables else role.arn).apply(
        lambda arn: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": arn}],
            }
        )
    ),
)
function = aws.lambda_.Function(
    "router",
    runtime="python3.13",
    handler="router.handler.handler",
    role=role.arn,
    code=pulumi.FileArchive(str(package())),
    timeout=config.get_int("timeoutSeconds"),
    memory_size=256,
    publish=True,
    opts=pulumi.ResourceOptions(
        provider=virginia,
        retain_on_delete=config.get_bool("retain"),
        custom_timeouts=pulumi.CustomTimeouts(delete="3h"),
    ),
)
aws.cloudwatch.LogGroup(
    "router",
    name=function.name.apply(lambda name: f"/aws/lambda/us-east-1.{name}"),
    retention_in_days=14,
    opts=pulumi.ResourceOptions(depends_on=[role]),
)
cache = aws.cloudfront.CachePolicy(
    "by-cookie",
    min_ttl=0,
    default_ttl=60,
    max_ttl=600,
    parameters_in_cache_key_and_forwarded_to_origin={
        "cookies_config": {"cookie_behavior": "whitelist", "cookies": {"items": ["sessiontoken"]}},
        "headers_config": {"header_behavior": "none"},
        "query_strings_config": {"query_string_behavior": "all"},
    },
)
forward = aws.cloudfront.OriginRequestPolicy(
    "everything",
    cookies_config={"cookie_behavior": "all"},
    headers_config={"header_behavior": "allViewer"},
    query_strings_config={"query_string_behavior": "all"},
)
distribution = aws.cloudfront.Distribution(
    "edge",
    enabled=True,
    comment=config.get_secret("comment"),
    origins=[
        {
            "origin_id": "stable",
            "domain_name": "v1.example.com",
            "custom_origin_config": {
                "http_port": 80,
                "https_port": 443,
                "origin_protocol_policy": "https-only",
                "origin_ssl_protocols": ["TLSv1.2"],
            },
        }
    ],
    default_cache_behavior={
        "target_origin_id": "stable",
        "viewer_protocol_policy": "redirect-to-https",
        "allowed_methods": ["GET", "HEAD", "OPTIONS"],
        "cached_methods": ["GET", "HEAD"],
        "cache_policy_id": cache.id,
        "origin_request_policy_id": forward.id,
        "lambda_function_associations": [{"event_type": "origin-request", "lambda_arn": function.qualified_arn}],
    },
    restrictions={"geo_restriction": {"restriction_type": "none"}},
    viewer_certificate={"cloudfront_default_certificate": True},
)
pulumi.export("domainName", distribution.domain_name)
pulumi.export("functionVersion", function.version)
if tables:
    pulumi.export("tables", {"sessions": tables.sessions.name})
pulumi.export("canaryPercent", config.require_float("canaryPercent"))
pulumi.export("account", account)
pulumi.export("hidden", pulumi.Output.secret("hush"))
