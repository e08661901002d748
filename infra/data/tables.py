"""The DynamoDB tables: one for every section with a table, whichever strategy is chosen."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.naming.table_names import is_told_apart
from infra.settings.parts import TableSettings
from strategies.base import TableSpec


@dataclass(frozen=True)
class TablesArgs:
    """Specs by physical name, and how well their data is kept."""

    specs: dict[str, TableSpec]
    keeping: TableSettings


class Tables(pulumi.ComponentResource):
    """Global tables, by their purpose; `names` are their physical names.

    A table belongs to its section in the config and not to the chosen strategy, so that switching destroys no data.
    """

    names: pulumi.Output[dict[str, str]]

    def __init__(self, name: str, args: TablesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:Tables", name, None, opts)
        self.tables = {spec.purpose: self._table(physical, spec, args.keeping) for physical, spec in args.specs.items()}
        self.names = pulumi.Output.all(**{purpose: table.name for purpose, table in self.tables.items()})
        self.register_outputs({"names": self.names})

    def _table(self, physical_name: str, spec: TableSpec, keeping: TableSettings) -> aws.dynamodb.Table:
        """One table. Its logical name is its purpose: it stays the same resource whatever else changes."""
        keys = [spec.hash_key, *filter(None, [spec.range_key])]
        return aws.dynamodb.Table(
            spec.purpose,
            name=physical_name,
            region=spec.home_region,
            billing_mode="PAY_PER_REQUEST",
            hash_key=spec.hash_key,
            range_key=spec.range_key or None,
            attributes=[aws.dynamodb.TableAttributeArgs(name=key, type="S") for key in keys],
            ttl=_expiry(spec),
            replicas=[_replica(region, keeping) for region in spec.replicas] or None,
            # What replication reads ("Global tables: how they work"): replicas need it.
            stream_enabled=True if spec.replicas else None,
            stream_view_type="NEW_AND_OLD_IMAGES" if spec.replicas else None,
            point_in_time_recovery=aws.dynamodb.TablePointInTimeRecoveryArgs(enabled=keeping.point_in_time_recovery),
            deletion_protection_enabled=keeping.deletion_protection,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=keeping.protect,
                retain_on_delete=keeping.on_destroy == "retain",
                delete_before_replace=replaced_in_order(spec.name, spec.purpose),
            ),
        )


def replaced_in_order(configured_name: str, purpose: str) -> bool | None:
    """False where the new table comes before the old one goes: it has another name, and visitors always have one.

    None leaves it to the provider, which deletes first what the program has named; under a configured name, which may
    be the same, there is no other way.
    """
    return None if configured_name or not is_told_apart(purpose) else False


def _expiry(spec: TableSpec) -> aws.dynamodb.TableTtlArgs | None:
    if not spec.expiry_attribute:
        return None
    return aws.dynamodb.TableTtlArgs(attribute_name=spec.expiry_attribute, enabled=True)


def _replica(region: str, keeping: TableSettings) -> aws.dynamodb.TableReplicaArgs:
    return aws.dynamodb.TableReplicaArgs(
        region_name=region,
        point_in_time_recovery=keeping.point_in_time_recovery,
        deletion_protection_enabled=keeping.deletion_protection,
    )
