"""Config outside of the project's namespace: the keys and the Region of pulumi-aws, and unknown namespaces."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from infra.config.aws_regions import find_partition, region_error
from infra.config.errors import suggestion

REGION_KEY = "aws:region"
OTHER_NAMESPACES = ("aws", "pulumi", "random")
"""Of the engine and of the providers that the program uses; `random` has no keys."""


def provider_region(config: Mapping[str, str], environment: Mapping[str, str]) -> str:
    """Return the provider's Region from config, environment or profile; "" where none of them has one.

    "AWS Classic Configuration" (pulumi-aws): `region`. The profile is that of aws:profile, else of the environment.
    """
    named = config.get(REGION_KEY) or environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    return named or _profile_region(config.get("aws:profile"))


def _profile_region(profile: str | None) -> str:
    from botocore.exceptions import BotoCoreError  # pyright: ignore[reportMissingTypeStubs]  botocore has no types
    from botocore.session import Session  # pyright: ignore[reportMissingTypeStubs]

    try:
        session: Any = Session(profile=profile)
        return str(session.get_config_variable("region") or "")
    except BotoCoreError:
        return ""


def missing_region_error(config: Mapping[str, str], environment: Mapping[str, str]) -> str:
    """Return the error where the provider has no Region: the engine would fail at the first request to AWS."""
    if provider_region(config, environment):
        return ""
    return (
        f"{REGION_KEY} is missing: the AWS provider needs a Region, whichever; run `pulumi config set {REGION_KEY}"
        " us-east-1`"
    )


def provider_errors(config: Mapping[str, str], project: str) -> list[str]:
    """Return the errors in keys of other namespaces than the project's, in the order of the config."""
    return [text for key, value in config.items() if (text := _key_error(key, value, config, project))]


def _key_error(key: str, value: str, config: Mapping[str, str], project: str) -> str:
    namespace, _, name = key.partition(":")
    known = (project, *OTHER_NAMESPACES)
    if namespace not in known:
        return f"{key} is in an unknown namespace, {namespace!r}: {suggestion(namespace, known)}"
    if namespace != "aws":
        return ""
    # Most stacks set nothing but the Region, and the names of the others take an import of pulumi-aws.
    if name != "region" and name not in provider_keys():
        return f"{key} is an unknown key of pulumi-aws: {suggestion(name, provider_keys())}"
    if name == "region" and config.get("aws:skipRegionValidation") != "true":
        return _region_error(key, value)
    return ""


def _region_error(key: str, region: str) -> str:
    if not region.strip():
        return f"{key} is empty: write the Region of the stack, such as us-east-1"
    text = region_error(region)
    if text and (partition := find_partition(region)):
        return f"{key} is {region!r}, in the partition {partition}: Lambda@Edge is in the partition aws only"
    return f"{key} {text}" if text else ""


@cache
def provider_keys() -> tuple[str, ...]:
    """Return the config keys of pulumi-aws, which are the arguments of its provider."""
    from pulumi._types import input_type_py_to_pulumi_names  # pyright: ignore[reportPrivateImportUsage]
    from pulumi_aws.provider import ProviderArgs

    names: dict[str, str] = cast("Any", input_type_py_to_pulumi_names)(ProviderArgs)
    return tuple(sorted(names.values()))
