"""Keys beside the stack's own: those of pulumi-aws, and what nobody reads."""

from __future__ import annotations

import pytest

from infra.config.errors import SettingsError
from infra.config.provider import provider_errors, provider_keys
from infra.settings.stack import load_stack


@pytest.mark.parametrize(
    ("key", "value", "beginning"),
    [
        (
            "aws:region",
            "us-eats-1",
            "aws:region is 'us-eats-1', which is not an AWS Region: did you mean us-east-1? ",
        ),
        (
            "aws:region",
            "US-EAST-1",
            "aws:region is 'US-EAST-1', which is not an AWS Region: did you mean us-east-1? ",
        ),
        ("aws:region", "", "aws:region is empty: write the Region of the stack, such as us-east-1"),
        ("aws:region", "  ", "aws:region is empty: write the Region of the stack, such as us-east-1"),
        ("aws:region", "cn-north-1", "aws:region is 'cn-north-1', in the partition aws-cn: Lambda@Edge is in"),
        (
            "aws:regoin",
            "us-east-1",
            "aws:regoin is an unknown key of pulumi-aws: did you mean region? Allowed: acc",
        ),
        ("aws:profil", "x", "aws:profil is an unknown key of pulumi-aws: did you mean profile? Allowed: "),
        ("foo:bar", "1", "foo:bar is in an unknown namespace, 'foo': allowed: aws, edge-router, pulumi,"),
        ("edge-ruter:pin", "1", "edge-ruter:pin is in an unknown namespace, 'edge-ruter': did you mean"),
        ("awss:region", "1", "awss:region is in an unknown namespace, 'awss': did you mean aws? "),
    ],
)
def test_a_key_that_cannot_be_meant_is_named(key: str, value: str, beginning: str) -> None:
    [problem] = provider_errors({key: value}, "edge-router")
    assert problem.startswith(beginning)


@pytest.mark.parametrize(
    "config",
    [
        {"aws:region": "eu-central-1"},
        {"aws:region": "eu-newplace-1", "aws:skipRegionValidation": "true"},
        {"aws:profile": "staging", "aws:defaultTags": "{}", "aws:allowedAccountIds": "[]"},
        {"pulumi:disable-default-providers": "[]"},
        {"edge-router:pin": "none"},
    ],
)
def test_what_somebody_reads_is_no_mistake(config: dict[str, str]) -> None:
    assert provider_errors(config, "edge-router") == []


def test_the_keys_are_those_of_the_provider() -> None:
    assert {"region", "profile", "assumeRoles", "s3UsePathStyle"} <= set(provider_keys())


def test_they_are_told_together_with_the_stacks_own() -> None:
    with pytest.raises(SettingsError) as refused:
        load_stack({"aws:regoin": "us-east-1", "edge-router:pin": "x"}, "local")
    keys = [problem.partition(" ")[0] for problem in refused.value.errors]
    assert {"aws:regoin", "edge-router:pin"} <= set(keys)


def test_a_secret_of_the_provider_is_in_no_message() -> None:
    assert "s3cret" not in str(provider_errors({"aws:secretKeyy": "s3cret", "foo:token": "s3cret"}, "edge-router"))
