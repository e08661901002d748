"""Files that describe distributions and are no state of Pulumi's: recognized, and told how to get to one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, cast

IMPORTED = {
    "aws_cloudfront_distribution": "aws:cloudfront/distribution:Distribution",
    "aws_cloudfront_cache_policy": "aws:cloudfront/cachePolicy:CachePolicy",
    "aws_cloudfront_origin_request_policy": "aws:cloudfront/originRequestPolicy:OriginRequestPolicy",
    "aws_cloudfront_function": "aws:cloudfront/function:Function",
    "AWS::CloudFront::Distribution": "aws:cloudfront/distribution:Distribution",
    "AWS::CloudFront::CachePolicy": "aws:cloudfront/cachePolicy:CachePolicy",
    "AWS::CloudFront::OriginRequestPolicy": "aws:cloudfront/originRequestPolicy:OriginRequestPolicy",
    "AWS::CloudFront::Function": "aws:cloudfront/function:Function",
}
"""What the check reads, by Terraform's and CloudFormation's types."""
DISTRIBUTION = IMPORTED["aws_cloudfront_distribution"]
_CLOUDFORMATION_ANSWERS = ("Stacks", "StackResources", "StackResourceSummaries", "StackResourceDetail", "TemplateBody")
_YAML_TEMPLATE = re.compile(r"^(AWSTemplateFormatVersion|Transform)\s*:|^\s+Type\s*:\s*['\"]?AWS::", re.M)

Item = tuple[str, str, str]
"""Pulumi's type, a name, and the id, which may be unknown: ""."""


def describe_foreign(text: str) -> str:
    """What is told of a file that is another tool's; "" for what may be a state, or is nothing known."""
    try:
        document: Any = json.loads(text)
    except ValueError:
        return _describe("a CloudFormation template", []) if _YAML_TEMPLATE.search(text) else ""
    if not isinstance(document, dict):
        return ""
    return _of(cast("dict[str, Any]", document))


def _of(document: dict[str, Any]) -> str:
    if "terraform_version" in document and "resources" in document:
        return _describe("a state of Terraform", _from_terraform(document["resources"]), is_terraform=True)
    if "format_version" in document and ("values" in document or "planned_values" in document):
        values = document.get("values") or document["planned_values"]
        return _describe("the output of `terraform show -json`", _from_show(values), is_terraform=True)
    if "checkpoint" in document:
        return (
            "is the checkpoint of a Pulumi backend, which is no export: run `pulumi stack export --file state.json` in"
            " the project that it belongs to"
        )
    if _is_template(document):
        return _describe("a CloudFormation template", _from_template(document))
    if any(key in document for key in _CLOUDFORMATION_ANSWERS):
        return _describe("an answer of `aws cloudformation`", _from_answer(document))
    if "DistributionConfig" in document or "Distribution" in document or "CallerReference" in document:
        return _describe("an answer of `aws cloudfront`", _from_config(document))
    if "DistributionList" in document:
        return _describe("an answer of `aws cloudfront`", _from_list(document["DistributionList"]))
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
    """Of version 4: resources with instances."""
    return [
        (
            IMPORTED[str(one.get("type"))],
            _name(one.get("name")),
            str((instance.get("attributes") or {}).get("id") or ""),
        )
        for one in _objects(resources)
        if one.get("type") in IMPORTED and one.get("mode", "managed") == "managed"
        for instance in _objects(one.get("instances"))
    ]


def _from_show(values: object) -> list[Item]:
    """Of the root module and those below it."""
    return [
        (IMPORTED[str(one.get("type"))], _name(one.get("name")), _id(one.get("values")))
        for module in _modules(cast("dict[str, Any]", values).get("root_module") if isinstance(values, dict) else None)
        for one in _objects(module.get("resources"))
        if one.get("type") in IMPORTED and one.get("mode", "managed") == "managed"
    ]


def _modules(module: object) -> Iterator[dict[str, Any]]:
    if isinstance(module, dict):
        given = cast("dict[str, Any]", module)
        yield given
        for child in _objects(given.get("child_modules")):
            yield from _modules(child)


def _id(attributes: object) -> str:
    return str(cast("dict[str, Any]", attributes).get("id") or "") if isinstance(attributes, dict) else ""


def _is_template(document: dict[str, Any]) -> bool:
    resources = document.get("Resources")
    typed = _objects(list(cast("dict[str, Any]", resources).values())) if isinstance(resources, dict) else []
    return "AWSTemplateFormatVersion" in document or any(str(one.get("Type")).startswith("AWS::") for one in typed)


def _from_template(document: dict[str, Any]) -> list[Item]:
    """The ids are the stack's, not the template's."""
    resources = document.get("Resources")
    named = cast("dict[str, Any]", resources).items() if isinstance(resources, dict) else []
    return [
        (IMPORTED[str(one.get("Type"))], _name(name), "")
        for name, one in named
        if isinstance(one, dict) and cast("dict[str, Any]", one).get("Type") in IMPORTED
    ]


def _from_answer(document: dict[str, Any]) -> list[Item]:
    listed = document.get("StackResources") or document.get("StackResourceSummaries") or []
    return [
        (
            IMPORTED[str(one.get("ResourceType"))],
            _name(one.get("LogicalResourceId")),
            str(one.get("PhysicalResourceId") or ""),
        )
        for one in _objects(listed)
        if one.get("ResourceType") in IMPORTED
    ]


def _from_config(document: dict[str, Any]) -> list[Item]:
    """With the policies that its behaviors name. Its own id is in `get-distribution` only."""
    distribution = document.get("Distribution")
    identifier = cast("dict[str, Any]", distribution).get("Id") if isinstance(distribution, dict) else None
    policies = dict.fromkeys(_policies(document))
    return [(DISTRIBUTION, "theirs", str(identifier or "")), *((kind, one[:8], one) for kind, one in policies)]


def _from_list(distributions: object) -> list[Item]:
    items = cast("dict[str, Any]", distributions).get("Items") if isinstance(distributions, dict) else None
    return [(DISTRIBUTION, "theirs", str(one.get("Id") or "")) for one in _objects(items)]


def _policies(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _policies(item)
    if isinstance(value, dict):
        for key, item in cast("dict[str, object]", value).items():
            kind = {"CachePolicyId": "AWS::CloudFront::CachePolicy"}.get(key)
            kind = "AWS::CloudFront::OriginRequestPolicy" if key == "OriginRequestPolicyId" else kind
            if kind and isinstance(item, str):
                yield IMPORTED[kind], item
            yield from _policies(item)


def _objects(value: object) -> list[dict[str, Any]]:
    listed = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", one) for one in listed if isinstance(one, dict)]


def _name(value: object) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "-", str(value or "theirs"))
