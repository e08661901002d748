"""A state becomes the plan that Terraform would have made."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scan.plan import SECRET, SECRET_KEY, plan_of, singular, snake, terraform_type, values_of


@pytest.mark.parametrize(
    ("token", "name"),
    [
        ("aws:iam/rolePolicy:RolePolicy", "aws_iam_role_policy"),
        ("aws:cloudwatch/logGroup:LogGroup", "aws_cloudwatch_log_group"),
        ("aws:apigateway/restApi:RestApi", "aws_api_gateway_rest_api"),
        ("aws:ec2/securityGroup:SecurityGroup", "aws_security_group"),
        ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "aws_vpc_security_group_ingress_rule"),
        ("aws:codepipeline/pipeline:Pipeline", "aws_codepipeline"),
        ("aws:dynamodb/table:Table", "aws_dynamodb_table"),
    ],
)
def test_a_type_has_terraforms_name(token: str, name: str) -> None:
    assert terraform_type(token) == name


def test_names_are_in_snake_case_and_blocks_in_the_singular() -> None:
    assert snake("pointInTimeRecovery") == "point_in_time_recovery"
    assert snake("isIpv6Enabled") == "is_ipv6_enabled"
    several = ("replicas", "custom_error_responses", "policies", "addresses", "ingress", "aliases")
    one = ("replica", "custom_error_response", "policy", "address", "ingress", "alias")
    assert tuple(map(singular, several)) == one


def test_objects_are_blocks_lists_of_text_and_maps_stay() -> None:
    found = values_of(
        {
            "allowedMethods": ["GET"],
            "customErrorResponses": [{"errorCode": 403}],
            "viewerCertificate": {"minimumProtocolVersion": "TLSv1.2_2021"},
            "tags": {"teamName": "edge"},
            "__defaults": [],
        }
    )
    assert found == {
        "allowed_methods": ["GET"],
        "custom_error_response": [{"error_code": 403}],
        "viewer_certificate": [{"minimum_protocol_version": "TLSv1.2_2021"}],
        "tags": {"teamName": "edge"},
    }


def test_a_secret_that_the_state_has_sealed_is_no_plain_object() -> None:
    found = values_of({"code": {SECRET_KEY: SECRET, "ciphertext": "v1:…"}, "name": {SECRET_KEY: SECRET, "value": "n"}})
    assert found == {"code": "[secret]", "name": "n"}


def resource(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:s::p::{kind}::{name}", "type": kind, "custom": True, "inputs": {"name": name}, **more}


def test_resources_of_aws_are_planned_with_what_they_refer_to() -> None:
    role = resource("aws:iam/role:Role", "role")
    policy = resource(
        "aws:iam/rolePolicy:RolePolicy", "write log", propertyDependencies={"role": [role["urn"]], "name": None}
    )
    component = {"urn": "urn:pulumi:s::p::edge-router:infra:Role::role", "type": "edge-router:infra:Role", "inputs": {}}
    plan = plan_of({"deployment": {"resources": [component, role, policy]}})
    planned = plan["planned_values"]["root_module"]["resources"]
    assert [(one["address"], one["values"]) for one in planned] == [
        ("aws_iam_role.role", {"name": "role"}),
        ("aws_iam_role_policy.write-log", {"name": "write log"}),
    ]
    configured = plan["configuration"]["root_module"]["resources"]
    assert configured[1]["expressions"] == {"role": {"references": ["aws_iam_role.role.id", "aws_iam_role.role"]}}
    assert [one["change"]["actions"] for one in plan["resource_changes"]] == [["create"], ["create"]]
