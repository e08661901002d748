"""Files of other tools that describe distributions: recognized, with the commands that lead to a state of Pulumi."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from pulumi_state.resources import CACHE_POLICY, DISTRIBUTION, FUNCTION, ORIGIN_REQUEST_POLICY
from pulumi_state.values import objects_in

IMPORTED = {
    "aws_cloudfront_distribution": DISTRIBUTION,
    "aws_cloudfront_cache_policy": CACHE_POLICY,
    "aws_cloudfront_origin_request_policy": ORIGIN_REQUEST_POLICY,
    "aws_cloudfront_function": FUNCTION,
    "AWS::CloudFront::Distribution": DISTRIBUTION,
    "AWS::CloudFront::CachePolicy": CACHE_POLICY,
    "AWS::CloudFront::OriginRequestPolicy": ORIGIN_REQUEST_POLICY,
    "AWS::CloudFront::Function": FUNCTION,
}
"""Pulumi's types of what the check reads, by Terraform's and CloudFormation's."""
_CLOUDFORMATION_KEYS = ("Stacks", "StackResources", "StackResourceSummaries", "StackResourceDetail", "TemplateBody")
_YAML_TEMPLATE = re.compile(r"^(AWSTemplateFormatVersion|Transform)\s*:|^\s+Type\s*:\s*['\"]?AWS::", re.M)

Item = tuple[str, str, str]
"""Pulumi's type, a name, and the id, which may be unknown: ""."""


def describe_foreign(text: str) -> str:
    """Describe a file of another tool; "" for a file that may be a state, or is unknown."""
    try:
        document: Any = json.loads(text)
    except ValueError:
        return _describe("a CloudFormation template", []) if _YAML_TEMPLATE.search(text) else ""
    if not isinstance(document, dict):
        return ""
    return _describe_document(cast("dict[str, Any]", document))


def _describe_document(document: dict[str, Any]) -> str:
    if "terraform_version" in document and "resources" in document:
        return _describe("a state of Terraform", _from_terraform(document["resources"]), is_terraform=True)
    if "format_version" in document and ("values" in document or "planned_values" in document):
        values = document.get("values") or document["planned_values"]
        return _describe("the output of `terraform show -json`", _from_show(values), is_terraform=True)
    if "checkpoint" in document:
        return (
            "is the checkpoint of a Pulumi backend, which is not an export: run `pulumi stack export --file state.json`"
            " in the project that it belongs to"
        )
    if _is_template(document):
        return _describe("a CloudFormation template", _from_template(document))
    if any(key in document for key in _CLOUDFORMATION_KEYS):
        return _describe("a response of `aws cloudformation`", _from_response(document))
    if "DistributionConfig" in document or "Distribution" in document or "CallerReference" in document:
        return _describe("a response of `aws cloudfront`", _from_config(document))
    if "DistributionList" in document:
        return _describe("a response of `aws cloudfront`", _from_list(document["DistributionList"]))
    return ""


def _describe(what: str, items: list[Item], *, is_terraform: bool = False) -> str:
    found = items or [(DISTRIBUTION, "theirs", "")]
    commands = "; ".join(
        f"`pulumi import --protect=false {kind} {name} {identifier or 'ID'}`" for kind, name, identifier in found
    )
    whole = ", or all of it at once with `pulumi import --from terraform FILE`" if is_terraform else ""
    unknown = " (`aws cloudfront list-distributions` has the ids)" if any(not one[2] for one in found) else ""
    return (
        f"is {what}, no state of `pulumi stack export`. Read what is at AWS into an empty Pulumi project, which changes"
        f" nothing there: {commands}{unknown}{whole}. Then `pulumi stack export --file state.json`"
        " (docs/bring-your-own-distribution.md)"
    )


def _from_terraform(resources: object) -> list[Item]:
    """Resources with instances, of version 4."""
    return [
        (
            IMPORTED[str(one.get("type"))],
            _name(one.get("name")),
            _id(instance.get("attributes")),
        )
        for one in objects_in(resources)
        if one.get("type") in IMPORTED and one.get("mode", "managed") == "managed"
        for instance in objects_in(one.get("instances"))
    ]


def _from_show(values: object) -> list[Item]:
    """Resources of the root module and its child modules."""
    return [
        (IMPORTED[str(one.get("type"))], _name(one.get("name")), _id(one.get("values")))
        for module in _modules(_object(values).get("root_module"))
        for one in objects_in(module.get("resources"))
        if one.get("type") in IMPORTED and one.get("mode", "managed") == "managed"
    ]


def _modules(module: object) -> Iterator[dict[str, Any]]:
    if given := _object(module):
        yield given
        for child in objects_in(given.get("child_modules")):
            yield from _modules(child)


def _id(attributes: object) -> str:
    return str(_object(attributes).get("id") or "")


def _is_template(document: dict[str, Any]) -> bool:
    typed = objects_in(list(_object(document.get("Resources")).values()))
    return "AWSTemplateFormatVersion" in document or any(str(one.get("Type")).startswith("AWS::") for one in typed)


def _from_template(document: dict[str, Any]) -> list[Item]:
    """Without IDs, which only the stack has."""
    named = [(name, _object(one).get("Type")) for name, one in _object(document.get("Resources")).items()]
    return [(IMPORTED[str(kind)], _name(name), "") for name, kind in named if kind in IMPORTED]


def _from_response(document: dict[str, Any]) -> list[Item]:
    listed: object = document.get("StackResources") or document.get("StackResourceSummaries")
    return [
        (
            IMPORTED[str(one.get("ResourceType"))],
            _name(one.get("LogicalResourceId")),
            str(one.get("PhysicalResourceId") or ""),
        )
        for one in objects_in(listed)
        if one.get("ResourceType") in IMPORTED
    ]


def _from_config(document: dict[str, Any]) -> list[Item]:
    """With the policies that its behaviors name. Its own ID is in `get-distribution` only."""
    identifier = str(_object(document.get("Distribution")).get("Id") or "")
    policies = dict.fromkeys(_policies(document))
    return [(DISTRIBUTION, "theirs", identifier), *((kind, one[:8], one) for kind, one in policies)]


def _from_list(distributions: object) -> list[Item]:
    items = objects_in(_object(distributions).get("Items"))
    return [(DISTRIBUTION, "theirs", str(one.get("Id") or "")) for one in items]


def _policies(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _policies(item)
    if isinstance(value, dict):
        for key, item in cast("dict[str, object]", value).items():
            kind = {"CachePolicyId": CACHE_POLICY, "OriginRequestPolicyId": ORIGIN_REQUEST_POLICY}.get(key)
            if kind and isinstance(item, str):
                yield kind, item
            yield from _policies(item)


def _object(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _name(value: object) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "-", str(value or "theirs"))
