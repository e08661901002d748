"""The config of the project in pipeline/: the source, and the two stacks that it is deployed to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, cast

from pydantic import Field, field_validator

from infra.config.base_model import Section, Text, Whole
from infra.config.errors import SettingsError, format_value, raise_errors, setting_error, suggestion
from infra.config.rules import rule, sns_protocol
from infra.naming.resource_names import Name, length_errors
from infra.settings.observability import retention_error

PARTS = ("access-logs", "domain", "eyes", "hosts", "private-origins", "tiers", "waf")
"""The parts of a deployment besides the core: accessLogs, domain, alarms, the hosts and the mock backends that earlier
versions created for demo.hosts and demo.tiers, private origins, and security.webAclArn."""
MAX_POLICIES = 10
"""Managed policies of a role ("IAM and AWS STS quotas")."""

_CONNECTION = re.compile(
    r"arn:aws:(codeconnections|codestar-connections):[a-z0-9-]+:[0-9]{12}:connection/[0-9a-f-]{36}"
)
_REPOSITORY = re.compile(r"[\w.-]{1,100}(/[\w.-]{1,100}){1,4}")
_BRANCH = re.compile(r"(?!.*\.\.)[\w./-]{1,100}")
_BACKEND = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/[\w./-]*)?")
_SECRET = re.compile(r"arn:aws:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[\w/+=.@-]{1,512}")
_POLICY = re.compile(r"arn:aws:iam::([0-9]{12}|aws):policy/[\w+=,.@/-]{1,512}")
_STACK = re.compile(r"[A-Za-z0-9_-]{1,32}")
_VERSION = re.compile(r"[0-9]{1,3}(\.[0-9]{1,4}){2}")


def _like(pattern: re.Pattern[str], meaning: str) -> object:
    return rule(lambda value: "" if pattern.fullmatch(value) else f"is {format_value(value)}: {meaning}")


def _parts_problem(parts: tuple[str, ...]) -> str:
    wrong = next((part for part in parts if part not in PARTS), "")
    return f"names {wrong!r}: {suggestion(wrong, PARTS)}" if wrong else ""


def _notify_problem(value: str) -> str:
    return "" if sns_protocol(value) else f"is {format_value(value)}: an email address or an https URL"


class TargetSettings(Section):
    """A stack to deploy to.

    Attributes:
        stack: Name of the stack.
        parts: What the stack has besides the core, for the deployer's permissions (`hosts` and `tiers`: [those of an
            earlier version](hosts.md#hosts-from-an-earlier-version)).
        policies: ARNs of managed policies for anything else that the deployer may do.
    """

    stack: Annotated[Text, _like(_STACK, "a stack's name has 1 to 32 letters, digits, - and _")]
    parts: Annotated[tuple[Text, ...], rule(_parts_problem)] = ()
    policies: tuple[Annotated[Text, _like(_POLICY, "the ARN of a managed policy")], ...] = ()

    @field_validator("policies")
    @classmethod
    def _fit_on_a_role(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(value) > MAX_POLICIES:
            raise_errors([setting_error(f"has {len(value)} entries: a role takes {MAX_POLICIES}", value=value)])
        return value


class PipelineSettings(Section):
    """All keys of the project edge-router-pipeline.

    Attributes:
        connection_arn: The connection to the source repository.
        repository: Repository to deploy: `owner/name`.
        branch: Branch to deploy.
        project: The name in the `Pulumi.yaml` of what is deployed.
        backend: `s3://bucket` or `s3://bucket/folder` with the Pulumi states.
        passphrase_secret: ARN of the secret with the passphrase of both stacks.
        pulumi_version: Version of the Pulumi CLI that the builds install.
        staging: The stack that is deployed first.
        prod: The stack that is deployed after the approval.
        notify: Email addresses and https URLs that are notified of a waiting approval.
        retention_days: Days until the builds' logs expire.
    """

    connection_arn: Annotated[
        Text,
        _like(_CONNECTION, "arn:aws:codeconnections:<Region>:<account>:connection/<id>, of an available connection"),
    ]
    repository: Annotated[Text, _like(_REPOSITORY, "owner/name")]
    branch: Annotated[Text, _like(_BRANCH, "a branch's name")] = "main"
    project: Annotated[Text, _like(_STACK, "the name in Pulumi.yaml")] = "edge-router"
    backend: Annotated[Text, _like(_BACKEND, "s3://bucket or s3://bucket/folder, where Pulumi keeps the states")]
    passphrase_secret: Annotated[
        Text, _like(_SECRET, "the ARN of a secret in Secrets Manager whose text is the passphrase")
    ]
    pulumi_version: Annotated[Text, _like(_VERSION, "a version of the Pulumi CLI, such as 3.260.0")] = "3.260.0"
    staging: TargetSettings = Field(default_factory=lambda: TargetSettings(stack="staging"))
    prod: TargetSettings = Field(default_factory=lambda: TargetSettings(stack="prod"))
    notify: tuple[Annotated[Text, rule(_notify_problem)], ...] = ()
    retention_days: Annotated[Whole, rule(retention_error)] = 30

    @field_validator("prod")
    @classmethod
    def _is_another_stack(cls, value: TargetSettings, info: object) -> TargetSettings:
        staging = cast("Mapping[str, TargetSettings]", getattr(info, "data", {})).get("staging")
        if staging is not None and staging.stack == value.stack:
            text = f"is {value.stack!r}, as is staging.stack: what is tried has to be another stack than what is served"
            raise_errors([setting_error(text, "stack", value=value.stack)])
        return value

    @property
    def backend_bucket(self) -> str:
        """The bucket's name."""
        return self.backend.removeprefix("s3://").partition("/")[0]

    @property
    def backend_folder(self) -> str:
        """`folder/` in it, "" for the whole bucket."""
        folder = self.backend.removeprefix("s3://").partition("/")[2].strip("/")
        return f"{folder}/" if folder else ""


def check_names(settings: PipelineSettings, prefix: str) -> None:
    """Raise SettingsError for names that AWS would refuse."""
    names = [Name("bucket", f"{prefix}-{'1' * 12}"), Name("role", prefix)]
    names += [Name("role", f"{prefix}-{target.stack}") for target in (settings.staging, settings.prod)]
    errors = length_errors(names)
    if prefix != prefix.lower() or "_" in prefix:
        errors.append(
            f"the bucket of the artifacts would be called '{prefix}-<account>': S3 takes lower case, digits and -."
            " Rename the project or the stack"
        )
    if errors:
        raise SettingsError(errors)
