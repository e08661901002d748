"""A Pulumi state as Terraform's plan in JSON, which scanners read: pulumi-aws is made of Terraform's AWS provider.

Names are Terraform's again: snake_case, a block for every object, and the singular for blocks in a list. Source: "JSON
Output Format" of the Terraform CLI (planned_values, configuration), as far as checkov reads it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

MODULES = {"apigateway": "api_gateway", "ec2": "", "ec2transitgateway": "ec2_transit_gateway"}
"""Where Terraform's name of a service is another: an instance of EC2 is plainly `aws_instance`."""
TYPES = {
    "aws:cloudfront/keyvaluestoreKeysExclusive": "aws_cloudfrontkeyvaluestore_keys_exclusive",
    "aws:codepipeline/pipeline": "aws_codepipeline",
}
"""Of single types, without the last part of their token."""
MAPS = {"tags", "tagsAll", "variables", "triggers", "requestTemplates", "responseModels", "responseTemplates"}
"""Objects with keys of the user's own."""
PLURALS = {"ies": "y", "sses": "ss", "s": ""}
SINGULAR = {"ingress": "ingress", "egress": "egress", "aliases": "alias"}
"""What the endings do not tell."""
SECRET_KEY = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
"""How Pulumi marks a secret in a state."""


def plan_of(state: Mapping[str, Any]) -> dict[str, Any]:
    """The resources of AWS in a state, with what each refers to."""
    found = [one for one in state["deployment"]["resources"] if one.get("custom") and one["type"].startswith("aws:")]
    addresses = {one["urn"]: address_of(one) for one in found}
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": [_resource(one) for one in found]}},
        "resource_changes": [_change(one) for one in found],
        "configuration": {"root_module": {"resources": [_references(one, addresses) for one in found]}},
    }


def address_of(resource: Mapping[str, Any]) -> str:
    """`aws_iam_role.function`: type and logical name."""
    name = resource["urn"].rpartition("::")[2]
    return f"{terraform_type(resource['type'])}.{re.sub(r'[^A-Za-z0-9_-]', '-', name)}"


def terraform_type(token: str) -> str:
    """`aws:iam/rolePolicy:RolePolicy` is `aws_iam_role_policy`."""
    if known := TYPES.get(token.rpartition(":")[0]):
        return known
    _, path, _ = token.split(":")
    module, _, kind = path.partition("/")
    return "_".join(filter(None, ["aws", MODULES.get(module, module), snake(kind)]))


def snake(name: str) -> str:
    """`pointInTimeRecovery` is `point_in_time_recovery`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _resource(resource: Mapping[str, Any]) -> dict[str, Any]:
    kind, _, name = address_of(resource).partition(".")
    return {
        "address": f"{kind}.{name}",
        "mode": "managed",
        "type": kind,
        "name": name,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "values": values_of(resource["inputs"]),
    }


def _change(resource: Mapping[str, Any]) -> dict[str, Any]:
    planned = _resource(resource)
    after = planned.pop("values")
    return {**planned, "change": {"actions": ["create"], "before": None, "after": after, "after_unknown": {}}}


def values_of(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a resource, or of a block in it."""
    return dict(_value(key, reveal(value)) for key, value in properties.items() if not key.startswith("__"))


def reveal(value: Any) -> Any:
    """A secret's own value, where the state has it in plain text; else a word for it."""
    if isinstance(value, dict) and value.get(SECRET_KEY) == SECRET:
        return value.get("value", "[secret]")
    return value


def _value(key: str, value: Any) -> tuple[str, Any]:
    if isinstance(value, dict):
        return snake(key), value if key in MAPS else [values_of(value)]
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        return singular(snake(key)), [values_of(one) for one in value]
    return snake(key), value


def singular(name: str) -> str:
    """`custom_error_responses` is `custom_error_response`."""
    if name in SINGULAR:
        return SINGULAR[name]
    for ending, short in PLURALS.items():
        if name.endswith(ending):
            return name.removesuffix(ending) + short
    return name


def _references(resource: Mapping[str, Any], addresses: Mapping[str, str]) -> dict[str, Any]:
    """What refers to what, by the dependencies that Pulumi keeps for each property."""
    kind, _, name = address_of(resource).partition(".")
    dependencies: Mapping[str, Sequence[str] | None] = resource.get("propertyDependencies") or {}
    expressions = {
        snake(key): {
            "references": [reference for urn in urns or [] if urn in addresses for reference in _names(addresses[urn])]
        }
        for key, urns in dependencies.items()
    }
    return {
        "address": f"{kind}.{name}",
        "mode": "managed",
        "type": kind,
        "name": name,
        "provider_config_key": "aws",
        "expressions": {key: one for key, one in expressions.items() if one["references"]},
    }


def _names(address: str) -> list[str]:
    return [f"{address}.id", address]
