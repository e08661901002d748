"""Files of other tools are recognized by their shape, with the commands that lead to a state of Pulumi's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pulumi_state.foreign import describe_foreign

DISTRIBUTION = "`pulumi import --protect=false aws:cloudfront/distribution:Distribution"
POLICY_ID = "658327ea-f89d-4fab-a63d-7e88639e58f6"
SHOWN = {
    "root_module": {
        "child_modules": [
            {
                "resources": [
                    {"mode": "managed", "type": "aws_cloudfront_distribution", "name": "cdn", "values": {"id": "E1"}}
                ]
            }
        ]
    }
}
CONFIG = {"CallerReference": "x", "DefaultCacheBehavior": {"CachePolicyId": POLICY_ID}}
TEMPLATE = {"Resources": {"Cdn": {"Type": "AWS::CloudFront::Distribution", "Properties": {}}}}


@pytest.mark.parametrize(
    ("document", "what", "command"),
    [
        (
            {"version": 4, "terraform_version": "1", "resources": []},
            "a state of Terraform",
            f"{DISTRIBUTION} theirs ID`",
        ),
        ({"format_version": "1.0", "values": SHOWN}, "the output of `terraform show -json`", f"{DISTRIBUTION} cdn E1`"),
        (
            {"format_version": "1.2", "planned_values": SHOWN},
            "the output of `terraform show -json`",
            f"{DISTRIBUTION} cdn E1`",
        ),
        (TEMPLATE, "a CloudFormation template", f"{DISTRIBUTION} Cdn ID`"),
        ({"AWSTemplateFormatVersion": "2010-09-09"}, "a CloudFormation template", f"{DISTRIBUTION} theirs ID`"),
        (
            {
                "StackResources": [
                    {
                        "ResourceType": "AWS::CloudFront::Distribution",
                        "LogicalResourceId": "Cdn",
                        "PhysicalResourceId": "E3",
                    }
                ]
            },
            "a response of `aws cloudformation`",
            f"{DISTRIBUTION} Cdn E3`",
        ),
        ({"Stacks": []}, "a response of `aws cloudformation`", f"{DISTRIBUTION} theirs ID`"),
        ({"ETag": "E", "DistributionConfig": CONFIG}, "a response of `aws cloudfront`", f"{DISTRIBUTION} theirs ID`"),
        (
            {"ETag": "E", "Distribution": {"Id": "E4", "DistributionConfig": CONFIG}},
            "a response of `aws cloudfront`",
            f"{DISTRIBUTION} theirs E4`; `pulumi import --protect=false aws:cloudfront/cachePolicy:CachePolicy 658327ea"
            f" {POLICY_ID}`",
        ),
        (CONFIG, "a response of `aws cloudfront`", f"{DISTRIBUTION} theirs ID`"),
        (
            {"DistributionList": {"Items": [{"Id": "E5"}]}},
            "a response of `aws cloudfront`",
            f"{DISTRIBUTION} theirs E5`",
        ),
    ],
)
def test_each_is_named_with_the_way_to_a_state(document: dict[str, Any], what: str, command: str) -> None:
    told = describe_foreign(json.dumps(document))
    assert told.startswith(f"is {what}, no state of `pulumi stack export`. ")
    assert command in told
    assert told.endswith("Then `pulumi stack export --file state.json` (docs/bring-your-own-distribution.md)")


def test_a_template_in_yaml_is_one_too() -> None:
    template = "Resources:\n  Cdn:\n    Type: AWS::CloudFront::Distribution\n"
    assert describe_foreign(template).startswith("is a CloudFormation template, ")
    assert describe_foreign("AWSTemplateFormatVersion: '2010-09-09'\n").startswith("is a CloudFormation template, ")


def test_a_checkpoint_is_told_from_an_export() -> None:
    assert describe_foreign('{"version": 3, "checkpoint": {"latest": {}}}') == (
        "is the checkpoint of a Pulumi backend, which is not an export: run `pulumi stack export --file state.json`"
        " in the project that it belongs to"
    )


@pytest.mark.parametrize("text", ["", "[]", "{", "{}", '{"version": 3, "deployment": {"resources": []}}', "# README"])
def test_a_state_and_what_nobody_knows_are_left_to_their_reader(text: str) -> None:
    assert describe_foreign(text) == ""
