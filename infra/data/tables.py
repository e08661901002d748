"""The DynamoDB tables: one for every section with a table, whichever strategy is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.naming.resource_names import has_suffix
from infra.settings.parts import TableSettings
from infra.settings.stack import Stack
from strategies.base import TableSpec


class Tables(pulumi.ComponentResource):
    """Global tables, by their purpose; `names` are their physical names.

    A table belongs to its section in the config and not to the chosen strategy, so that switching destroys no data.
    """

    names: pulumi.Output[Any]

    def __init__(self, name: str, stack: Stack, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:Tables", name, None, opts)
        specs = stack.settings.tables_by_strategy().values()
        self.tables = {
            spec.purpose: self._create(
                stack.logical_name(spec.purpose), spec, stack.table_name(spec), stack.settings.tables
            )
            for spec in specs
        }
        names: dict[str, pulumi.Input[str]] = {purpose: table.name for purpose, table in self.tables.items()}
        self.names = pulumi.Output.from_input(names)
        self.register_outputs({"names": self.names})

    def _create(self, label: str, spec: TableSpec, physical_name: str, protection: TableSettings) -> aws.dynamodb.Table:
        """Create a table. Its logical name has its purpose: it stays the same resource whatever else changes."""
        replicas = [
            aws.dynamodb.TableReplicaArgs(
                region_name=region,
                point_in_time_recovery=protection.point_in_time_recovery,
                deletion_protection_enabled=protection.deletion_protection,
            )
            for region in spec.replicas
        ]
        ttl = aws.dynamodb.TableTtlArgs(attribute_name=spec.expiry_attribute, enabled=True)
        recovery = aws.dynamodb.TablePointInTimeRecoveryArgs(enabled=protection.point_in_time_recovery)
        return aws.dynamodb.Table(
            label,
            global_table(
                physical_name,
                spec.home_region,
                (spec.hash_key, spec.range_key),
                replicas,
                ttl=ttl if spec.expiry_attribute else None,
                point_in_time_recovery=recovery,
                deletion_protection_enabled=protection.deletion_protection,
            ),
            pulumi.ResourceOptions(
                parent=self,
                protect=protection.protect or None,  # None: what the component's own option says
                retain_on_delete=protection.on_destroy == "retain",
                delete_before_replace=replacement_order(spec.name, spec.purpose),
            ),
        )


def global_table(
    physical_name: str,
    home_region: str,
    keys: tuple[str, str],
    replicas: Sequence[aws.dynamodb.TableReplicaArgs],
    **more: Any,
) -> aws.dynamodb.TableArgs:
    """Return a table with a partition key and a sort key ("" for none), on-demand capacity, and replicas."""
    hash_key, range_key = keys
    return aws.dynamodb.TableArgs(
        name=physical_name,
        region=home_region,
        billing_mode="PAY_PER_REQUEST",
        hash_key=hash_key,
        range_key=range_key or None,
        attributes=[aws.dynamodb.TableAttributeArgs(name=key, type="S") for key in keys if key],
        replicas=list(replicas) or None,
        # Replication reads the stream ("Global tables: how they work").
        stream_enabled=True if replicas else None,
        stream_view_type="NEW_AND_OLD_IMAGES" if replicas else None,
        **more,
    )


def replacement_order(configured_name: str, purpose: str) -> bool | None:
    """Return `delete_before_replace`: False where the new table has another name, so that visitors always have one.

    None leaves it to the provider, which deletes a table with a physical name first; under a configured name, which may
    be the same, there is no other way.
    """
    return None if configured_name or not has_suffix(purpose) else False
