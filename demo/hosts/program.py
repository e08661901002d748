"""The resources of the project demo/hosts, and its outputs for the stack whose origins these are."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from demo.hosts.hosts import Hosts, HostsArgs
from demo.hosts.settings import VERSIONS, HostsSettings, check_names, session_environment
from demo.hosts.tier_backends import TierBackends
from demo.hosts.user_data import HOST_PORT
from infra.config.errors import SettingsError
from infra.project_settings import read_settings

SECRET_CHARACTERS = 40


def create() -> dict[str, pulumi.Input[object]]:
    """Create what the selected stack asks for, and return the outputs; pulumi.RunError lists what is wrong.

    Outputs: `origins` and `tierBackends` in the form of the settings that they are for (demo.hosts.connect),
    `originSecret` with its header, and the application's `sessions`.
    """
    try:
        settings = read_settings(HostsSettings)
        stack_prefix = f"{settings.project}-{pulumi.get_stack()}"
        prefix = f"{stack_prefix}-demo"
        check_names(prefix)
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None
    outputs: dict[str, pulumi.Input[object]] = {}
    if settings.hosts:
        outputs |= _create_hosts(settings, prefix, session_environment(settings.sticky_session, stack_prefix))
    if settings.tiers:
        outputs["tierBackends"] = TierBackends("tier-backends", prefix, settings.tiers).backends
    return outputs


def _create_hosts(settings: HostsSettings, prefix: str, sessions: dict[str, str]) -> dict[str, pulumi.Input[object]]:
    secret = _origin_secret(settings)
    args = HostsArgs(
        prefix=prefix,
        environments={origin: {"VERSION_CODE": code, **sessions} for origin, code in VERSIONS.items()},
        table_arn=_table_arn(sessions),
        secret_header=settings.origin_secret_header,
        secret=secret,
    )
    hosts = Hosts("hosts", args)
    return {
        "origins": hosts.names.apply(_origins),
        "originSecret": secret,
        "originSecretHeader": settings.origin_secret_header,
        "sessions": sessions,
    }


def _origin_secret(settings: HostsSettings) -> pulumi.Output[str]:
    """The configured one, else a random one that lives as long as this stack."""
    if settings.origin_secret:
        return pulumi.Output.secret(settings.origin_secret)
    return random.RandomPassword("origin-secret", length=SECRET_CHARACTERS, special=False).result


def _table_arn(sessions: dict[str, str]) -> pulumi.Output[str]:
    """By name, for the table may be created after the hosts."""
    region, table = sessions["AWS_REGION"], sessions["SESSIONS_TABLE"]
    account = aws.get_caller_identity_output().account_id
    return account.apply(lambda it: f"arn:aws:dynamodb:{region}:{it}:table/{table}")


def _origins(names: dict[str, str]) -> dict[str, dict[str, object]]:
    return {origin: {"domainName": name, "protocol": "http", "port": HOST_PORT} for origin, name in names.items()}
