"""A provider of one component, which has a cache policy: for tests of what constructs components."""

import json
import sys

import pulumi
import pulumi_aws as aws
from pulumi.errors import InputPropertyError
from pulumi.provider import ConstructResult, Provider
from pulumi.provider.server import main

TEXT = {"type": "string"}
SCHEMA = {
    "name": "front",
    "version": "1.2.3",
    "resources": {
        "front:index:Front": {
            "isComponent": True,
            "inputProperties": {"domainName": TEXT, "ttl": {"type": "integer"}, "note": TEXT},
            "properties": {"policyId": TEXT, "comment": TEXT, "note": TEXT},
            "requiredInputs": ["domainName"],
        }
    },
}


class Front(pulumi.ComponentResource):
    def __init__(self, name: str, inputs: pulumi.Inputs, options: pulumi.ResourceOptions | None) -> None:
        super().__init__("front:index:Front", name, None, options)
        comment = pulumi.Output.concat("for ", inputs["domainName"])
        policy = aws.cloudfront.CachePolicy(
            "by-path",
            comment=comment,
            min_ttl=0,
            default_ttl=inputs.get("ttl", 60),
            max_ttl=600,
            parameters_in_cache_key_and_forwarded_to_origin={
                "cookies_config": {"cookie_behavior": "none"},
                "headers_config": {"header_behavior": "none"},
                "query_strings_config": {"query_string_behavior": "none"},
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.outputs = {"policyId": policy.id, "comment": comment, "note": inputs.get("note")}
        self.register_outputs(self.outputs)


class Provided(Provider):
    def __init__(self) -> None:
        super().__init__("1.2.3", json.dumps(SCHEMA))

    def construct(
        self, name: str, resource_type: str, inputs: pulumi.Inputs, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        if unknown := sorted(inputs.keys() - {"domainName", "ttl", "note"}):
            raise InputPropertyError(unknown[0], "is not a setting")
        front = Front(name, inputs, options)
        return ConstructResult(front.urn, front.outputs)


main(Provided(), sys.argv[1:])
