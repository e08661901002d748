"""The cost of one month of a stack: every quantity that AWS bills, from the settings and the traffic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Any

from cli.cost.log_volume import log_volume
from cli.cost.prices import Price, find_prices
from cli.cost.traffic import Traffic, share
from controller.analysis.plan import Plan
from controller.sources.metric_data import billed_metrics
from infra.rollout.controller import MEMORY_MB as CONTROLLER_MEMORY_MB
from infra.settings.groups import has_baseline
from infra.settings.stack import Stack
from router.metrics import LATENCY, NEW_VISITORS, REQUESTS

HOURS = 730
"""A month, as AWS's own calculator counts."""
VERSIONS = 2
GIB = Decimal(1024**3)
MAX_INSTANCE_RATE = 10
"""Requests a second that Lambda sends to one instance ("Lambda quotas")."""
EVENTUAL_READ = Decimal("0.5")
"""Read request units for an eventually consistent read of up to 4 KB ("DynamoDB read and write operations")."""
CONTROLLER_RUNS = HOURS * 60
CONTROLLER_MS = 200
"""Assumed of a run without a rollout under way: one read of the control table."""

CLOUDFRONT, CODE, TABLES, WATCHING = "CloudFront", "edge code", "tables", "logs and metrics"
GROUPS = (CLOUDFRONT, CODE, TABLES, WATCHING)


@dataclass(frozen=True)
class Item:
    """One line of the bill. `dollars` are whole cents, None for what is not priced; `key` is one of prices.json."""

    group: str
    what: str
    key: str
    quantity: Decimal
    price: Price
    dollars: Decimal | None


@dataclass(frozen=True)
class Estimate:
    """A strategy's month. `caching` is "" where the strategy knows one kind only."""

    strategy: str
    caching: str
    items: tuple[Item, ...]

    def total(self, *groups: str) -> Decimal:
        """The sum of the groups' priced items, of all where none is named."""
        return sum((item.dollars or Decimal(0) for item in self.items if item.group in (groups or GROUPS)), Decimal(0))


def estimate(
    stacks: Sequence[Stack], traffic: Traffic, *, has_free_tier: bool = False, is_offline: bool = False
) -> list[Estimate]:
    """Each stack's chosen strategy with this traffic."""
    months = [list(_Month(stack, traffic).quantities()) for stack in stacks]
    prices = find_prices(dict.fromkeys(key for month in months for _, _, key, _ in month), is_offline=is_offline)

    def price(group: str, what: str, key: str, quantity: Decimal) -> Item:
        dollars = prices[key].cost(quantity, has_free_tier=has_free_tier)
        cents = None if dollars is None else dollars.quantize(Decimal("0.01"), ROUND_HALF_UP)
        return Item(group, what, key, quantity, prices[key], cents)

    return [
        Estimate(
            stack.settings.strategy,
            getattr(stack.settings.options, "caching", ""),
            tuple(price(*quantity) for quantity in month),
        )
        for stack, month in zip(stacks, months, strict=True)
    ]


Quantity = tuple[str, str, str, Decimal]
"""Group, what, key of the price, how many."""


class _Month:
    """Quantities by what CloudFront runs where; what a stack does not use is not an item."""

    def __init__(self, stack: Stack, traffic: Traffic) -> None:
        self._settings, self._traffic = stack.settings, traffic
        self._needs = stack.settings.needs
        self._volume = log_volume(stack)
        self._misses = traffic.misses(is_cacheable=self._needs.is_cacheable)
        self._regions = traffic.regions or len(stack.settings.logs.regions)
        self._function_runs = Decimal(traffic.requests * len(self._needs.function_triggers))
        # Those of functions/site.js, which logs nothing.
        self._rewriting_runs = Decimal(traffic.requests * stack.settings.rewrites_at_viewer)
        # As infra.edge_router attaches it.
        self._lambda_triggers = 1 + stack.settings.has_origin_response if self._needs.origin_request else 0

    def quantities(self) -> Iterator[Quantity]:
        requests = Decimal(self._traffic.requests)
        kb = Decimal(str(self._traffic.response_kb))
        yield CLOUDFRONT, "requests", "cloudfront-requests", requests
        yield CLOUDFRONT, "data to viewers", "cloudfront-transfer", requests * kb / 1024**2
        yield from self._function()
        yield from self._lambda()
        yield from self._tables()
        if logged := self._logged_bytes():
            yield WATCHING, "logs", "log-ingestion", logged / GIB
        if self._settings.has_metrics:
            yield from self._metrics()
        if self._settings.has_rollout:
            yield from self._rollout()

    def _function(self) -> Iterator[Quantity]:
        """It reads one key each time it runs. Not counted is what tier.js reads besides for an unknown tier, and
        site.js for a redirect or a cookie that names another host.
        """
        if runs := self._function_runs:
            yield CODE, "CloudFront Function", "function-invocations", runs + self._rewriting_runs
            if self._needs.version_header:
                yield CODE, "key-value store", "store-reads", runs

    def _lambda(self) -> Iterator[Quantity]:
        if runs := self._misses * self._lambda_triggers:
            billed_ms = Decimal(str(self._traffic.duration_ms)).to_integral_value(ROUND_CEILING)
            yield CODE, "Lambda@Edge", "edge-invocations", runs
            gb_seconds = runs * billed_ms / 1000 * self._settings.function.memory_mb / 1024
            yield CODE, "Lambda@Edge, time", "edge-duration", gb_seconds

    def _tables(self) -> Iterator[Quantity]:
        traffic, table = self._traffic, self._needs.table
        if table is not None:
            asked = share(traffic.session_percent) * (1 - share(traffic.remembered_percent))
            yield TABLES, f"reads of {table.purpose}", "table-reads", self._misses * asked * EVENTUAL_READ
        if table is not None and table.expiry_attribute:
            replicas = len(table.replicas) if traffic.replicas is None else traffic.replicas
            writes = self._misses * share(traffic.session_writes_percent) * (1 + replicas)
            # In each copy, the first one's too: "Understanding Amazon DynamoDB billing for global tables".
            key = "replicated-writes" if replicas else "table-writes"
            yield TABLES, f"writes of {table.purpose}, every copy", key, writes
        if self._settings.reads_control_table:
            yield TABLES, "reads of the control table", "table-reads", self._control_reads() * EVENTUAL_READ

    def _control_reads(self) -> Decimal:
        """Every instance once per refresh, as long as there are requests for it."""
        seconds = Decimal(HOURS * 3600)
        at_full_load = self._misses / seconds / MAX_INSTANCE_RATE
        least = max(Decimal(self._regions), at_full_load.to_integral_value(ROUND_CEILING))
        instances = least if self._traffic.instances is None else Decimal(self._traffic.instances)
        return min(self._misses, instances * seconds / self._settings.control.refresh_seconds)

    def _logged_bytes(self) -> Decimal:
        volume, lines = self._volume, 0
        if self._needs.origin_request:
            lines += (volume.decision if self._traffic.log_bytes is None else self._traffic.log_bytes) + volume.around
        if self._lambda_triggers > 1:
            lines += volume.answer + volume.around
        functions = self._function_runs * volume.function_around + self._traffic.requests * volume.function
        return self._misses * lines + functions

    def _metrics(self) -> Iterator[Quantity]:
        """Of both versions, and of the groups to compare, in every Region with requests."""
        needs = self._settings.needs
        is_assigning = needs.by_percentage and not needs.version_header
        names: tuple[Any, ...] = (*(NEW_VISITORS if is_assigning else REQUESTS), *LATENCY)
        subjects = VERSIONS * (2 if has_baseline(self._settings) else 1)
        yield WATCHING, "metrics", "custom-metrics", Decimal(len(names) * subjects * self._regions)

    def _rollout(self) -> Iterator[Quantity]:
        """The metrics are read once a minute while a rollout is under way; of one five statistics count as one."""
        planned = self._settings.rollout
        plan = Plan(latency_quantiles=planned.latency_quantiles) if planned else Plan()
        read = billed_metrics(plan)
        looks = Decimal(str(self._traffic.rollout_hours)) * 60 * len(self._settings.logs.regions)
        yield WATCHING, "metrics read by the controller", "metrics-read", looks * read * VERSIONS
        yield WATCHING, "controller", "lambda-invocations", Decimal(CONTROLLER_RUNS)
        gb_seconds = Decimal(CONTROLLER_RUNS) * CONTROLLER_MS / 1000 * CONTROLLER_MEMORY_MB / 1024
        yield WATCHING, "controller, time", "lambda-duration", gb_seconds
