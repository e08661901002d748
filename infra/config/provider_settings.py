"""Settings beside the stack's own: those of pulumi-aws, and keys that nobody reads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from infra.config.aws_regions import partition_of, region_problem
from infra.config.errors import suggestion

OTHER_NAMESPACES = ("aws", "pulumi", "random")
"""Of the engine and of the providers that the program uses; `random` has no keys."""


def provider_problems(config: Mapping[str, str], project: str) -> list[str]:
    """What is wrong with keys of other namespaces than the project's, in the order of the config."""
    return [text for key, value in config.items() if (text := _problem(key, value, config, project))]


def _problem(key: str, value: str, config: Mapping[str, str], project: str) -> str:
    namespace, _, name = key.partition(":")
    if namespace not in (project, *OTHER_NAMESPACES):
        return f"{key} is read by nobody, for the namespace is {namespace!r}: {_suggested(key, project)}"
    if namespace != "aws":
        return ""
    # Most stacks set nothing but the Region, and the names of the others take an import of pulumi-aws.
    if name != "region" and name not in provider_keys():
        return f"{key} is no key of pulumi-aws: {suggestion(name, provider_keys())}"
    if name == "region" and config.get("aws:skipRegionValidation") != "true":
        return _region_problem(key, value)
    return ""


def _suggested(key: str, project: str) -> str:
    namespace = key.partition(":")[0]
    return suggestion(namespace, (project, *OTHER_NAMESPACES))


def _region_problem(key: str, region: str) -> str:
    if not region.strip():
        return f"{key} is empty: write the Region of the stack, such as us-east-1"
    text = region_problem(region)
    if text and (partition := partition_of(region)):
        return f"{key} is {region!r}, in the partition {partition}: Lambda@Edge is in the partition aws only"
    return f"{key} {text}" if text else ""


@cache
def provider_keys() -> tuple[str, ...]:
    """The config keys of pulumi-aws, from the arguments of its provider: what one takes, the other does."""
    from pulumi._types import input_type_py_to_pulumi_names  # pyright: ignore[reportPrivateImportUsage]
    from pulumi_aws.provider import ProviderArgs

    names: dict[str, str] = cast("Any", input_type_py_to_pulumi_names)(ProviderArgs)
    return tuple(sorted(names.values()))
