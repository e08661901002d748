"""The quotas of AWS that a stack would come near at the traffic of a log (docs/scale.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from infra.settings.stack import Stack
from what_if.findings import Findings

LAMBDA_RATE, LAMBDA_INSTANCES, INSTANCE_RATE = 10_000, 1_000, 10
""" "Quotas on Lambda@Edge", "Understanding Lambda function scaling"."""
CLOUDFRONT_RATE = 250_000
""" "General quotas" of CloudFront, for one distribution."""
NEW_TABLE_UNITS, TABLE_UNITS = 12_000, 40_000
""" "DynamoDB on-demand capacity mode", "DynamoDB maximum throughput for on-demand tables": read units a second."""
PARTITION_UNITS = 3_000
""" "Understanding DynamoDB warm throughput in different scenarios"."""
UNITS_PER_READ = 0.5
SECONDS = 60


@dataclass(frozen=True)
class Quota:
    """A quota by AWS's defaults, and what the log's busiest minute would take of it, all in one Region."""

    name: str
    limit: float
    reached: float

    @property
    def is_exceeded(self) -> bool:
        """True where AWS has to raise it first."""
        return self.reached > self.limit

    @property
    def percent(self) -> float:
        """The part of the quota that is reached."""
        return 100 * self.reached / self.limit


def quotas(stack: Stack, findings: Findings, duration_ms: float) -> Iterator[Quota]:
    """Yield the quotas that the stack's settings make matter; `duration_ms` is that of an invocation."""
    settings, needs = stack.settings, stack.settings.needs
    yield Quota("CloudFront: requests a second", CLOUDFRONT_RATE, findings.peak_requests / SECONDS)
    rate = findings.peak_router_requests / SECONDS
    triggers = 1 + settings.has_origin_response if needs.origin_request else 0
    calls = rate * triggers
    if triggers:
        yield Quota("Lambda@Edge: requests a second", LAMBDA_RATE, calls)
        instances = max(calls * duration_ms / 1000, calls / INSTANCE_RATE)
        yield Quota(f"Lambda@Edge: instances, at {duration_ms:g} ms", LAMBDA_INSTANCES, instances)
    if triggers and settings.reads_dynamodb:
        longest = settings.table_reads.total_timeout_ms
        silent = max(rate * longest / 1000, calls / INSTANCE_RATE)
        yield Quota(f"Lambda@Edge: instances, where tables do not respond ({longest} ms)", LAMBDA_INSTANCES, silent)
    if needs.table is not None:
        yield Quota("DynamoDB: read units a second of a new table", NEW_TABLE_UNITS, rate * UNITS_PER_READ)
        yield Quota("DynamoDB: read units a second of a table", TABLE_UNITS, rate * UNITS_PER_READ)
    if settings.reads_control_table:
        instances = max(calls / INSTANCE_RATE, 1.0)
        units = instances / settings.control.refresh_seconds * UNITS_PER_READ
        yield Quota("DynamoDB: read units a second of the control table's partition", PARTITION_UNITS, units)
