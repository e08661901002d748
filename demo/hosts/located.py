"""A stack whose origins may be hosts of its own: what depends on their names is worked out when they have some."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import pulumi
import pulumi_random as random

from demo.hosts.hosts import Hosts, HostsArgs
from demo.hosts.sample_application import VERSIONS, environment_of
from infra.data.tables import Tables
from infra.settings.stack import Stack

SECRET_CHARACTERS = 40

Known = TypeVar("Known")


@dataclass(frozen=True)
class Located:
    """`made_headers` are what CloudFront has to say to hosts of the stack's own."""

    stack: Stack
    hosts: Hosts | None = None
    made_headers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, "pulumi.Input[str]"])

    def known(self, work: Callable[[Stack], Known]) -> pulumi.Input[Known]:
        """What `work` makes of the stack whose origins all have their names: at once, or once hosts have theirs."""
        if self.hosts is None:
            return work(self.stack)
        return self.hosts.names.apply(lambda names: work(self.stack.at_hosts(names)))


def located(stack: Stack, tables: Tables, opts: pulumi.ResourceOptions) -> Located:
    """With hosts and their secret where the stack has any."""
    if not stack.settings.demo.hosts:
        return Located(stack)
    header, secret = stack.settings.security.origin_secret_header, _secret(stack, opts)
    sessions = stack.settings.tables_by_strategy()["sticky-session"]
    args = HostsArgs(
        prefix=stack.prefix,
        environments={origin: environment_of(stack, origin) for origin in VERSIONS},
        table_arn=tables.tables[sessions.purpose].arn,
        secret_header=header,
        secret=secret,
    )
    return Located(stack, Hosts("hosts", args, opts), {header: secret})


def _secret(stack: Stack, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    if configured := stack.settings.security.origin_secret:
        return pulumi.Output.secret(configured)
    return random.RandomPassword("origin-secret", length=SECRET_CHARACTERS, special=False, opts=opts).result
