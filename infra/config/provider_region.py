"""The AWS provider's own Region: without one the engine fails at the first thing that is asked of AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KEY = "aws:region"


def provider_region(config: Mapping[str, str], environment: Mapping[str, str]) -> str:
    """Where the provider takes it from: config, environment, the profile; "" where none of them has one.

    "AWS Classic Configuration" (pulumi-aws): `region`. The profile is that of aws:profile, else of the environment.
    """
    named = config.get(KEY) or environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    return named or _of_profile(config.get("aws:profile"))


def _of_profile(profile: str | None) -> str:
    from botocore.exceptions import BotoCoreError  # pyright: ignore[reportMissingTypeStubs]  botocore has no types
    from botocore.session import Session  # pyright: ignore[reportMissingTypeStubs]

    try:
        session: Any = Session(profile=profile)
        return str(session.get_config_variable("region") or "")
    except BotoCoreError:
        return ""


def missing_region_problem(config: Mapping[str, str], environment: Mapping[str, str]) -> str:
    """What is wrong where there is none."""
    if provider_region(config, environment):
        return ""
    return f"{KEY} is missing: the AWS provider needs a Region, whichever; run `pulumi config set {KEY} us-east-1`"
