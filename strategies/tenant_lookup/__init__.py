"""Tenant lookup: the request names a tenant and an account, a DynamoDB table names their backend."""

from __future__ import annotations

from router.dynamodb.table import TableError
from router.model import origin_rules
from router.model.decision import Decision, Origin
from strategies.base import Edge, Needs, Strategy, TableSpec
from strategies.tenant_lookup.identifiers import identify
from strategies.tenant_lookup.options import Options
from strategies.tenant_lookup.untrusted_input import DomainAllowList, shared_suffixes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from router.model.assignment import Assignment
    from router.model.decision import Item, Reading
    from router.model.request import Request


class TenantLookup(Strategy):
    """Sends every tenant to its own backend. Choose it when one domain serves tenants with hosts of their own.

    The table is trusted for the choice, not for the host: only domains that the options list are sent to.
    Whatever is missing, malformed or unknown goes to the stable origin; the percentage plays no part.

    Reasons:
        tenant: the domain in the table; the log says `tenant`, not which
        no-body, truncated-body, broken-body, not-json, not-an-object: `stable`; nothing is looked up
        oversized-body: `stable`: unpacked, the body has more than 1 MB; nothing is looked up
        not-a-form: `stable`: the form is not UTF-8 or has more than 1,000 fields; nothing is looked up
        missing-tenant, missing-account, malformed-tenant, malformed-account: `stable`; nothing is looked up
        unknown-tenant: `stable`: the table has no such pair
        malformed-item: `stable`, fallback: no domain name in the item. A scheme, port, path, trailing dot or IP address
            is none
        domain-not-allowed: `stable`, fallback: the domain is not on the list
        table-<reason>: `stable`, fallback: no replica answered in time ([reasons](../logs.md#reasons))
    """

    name: ClassVar[str] = "tenant-lookup"
    Options: ClassVar[type] = Options
    options: Options

    def __init__(self, options: Options, edge: Edge) -> None:
        super().__init__(options, edge)
        self._allow_list = DomainAllowList(options.allowed_domains)
        self._keys = options.key_attributes()

    @classmethod
    def needs(cls, options: Options) -> Needs:
        tenant_key, *account_key = options.key_attributes()
        return Needs(
            headers=options.read_headers(),
            query=frozenset(options.fields()) if options.source == "query" else frozenset(),
            body=options.source == "body",
            origins=frozenset(),
            table=TableSpec(
                purpose="tenants",
                name=options.table_name,
                hash_key=tenant_key,
                range_key="".join(account_key),
                home_region=options.home_region,
                replicas=tuple(options.replicas),
                attributes=(options.backend_attribute,),
            ),
        )

    @classmethod
    def warnings(cls, options: Options) -> list[str]:
        return [
            f"allowedDomains lists {entry}: anyone can have a host made below it, so list exact names instead"
            for entry in shared_suffixes(options.allowed_domains)
        ]

    def choose(self, request: Request, _assignment: Assignment, /) -> Decision:
        values, reason = identify(request, self.options)
        request.step(f"{self.options.source} fields", reason or " and ".join(("tenant", "account")[: len(values)]))
        if reason:
            return Decision("stable", reason)
        return self._look_up(request, values)

    def _look_up(self, request: Request, values: tuple[str, ...]) -> Decision:
        assert self.edge.table is not None  # needs() asked for it
        visitor = "/".join(values)
        try:
            reading = self.edge.table.read(dict(zip(self._keys, values, strict=True)))
        except TableError as error:
            request.step("tenants table", f"failed: {error.reason}")
            return Decision("stable", f"table-{error.reason}", visitor=visitor, is_fallback=True)
        decision = self._decide(reading, visitor)
        request.step("tenants table", f"{decision.reason}, from {reading.source}")
        return decision

    def _decide(self, reading: Reading, visitor: str) -> Decision:
        if reading.item is None:
            return Decision("stable", "unknown-tenant", visitor=visitor, reading=reading)
        domain = _domain_in(reading.item, self.options.backend_attribute)
        if not domain or not self._allow_list.allows(domain):
            reason = "domain-not-allowed" if domain else "malformed-item"
            return Decision("stable", reason, visitor=visitor, reading=reading, is_fallback=True)
        return Decision(_origin(domain), "tenant", visitor=visitor, reading=reading)


def _domain_in(item: Item, attribute: str) -> str:
    """The lower-case domain name that an item holds, or ""."""
    domain = item.get(attribute, {}).get("S")
    return domain.lower() if isinstance(domain, str) and not origin_rules.domain_name(domain) else ""


def _origin(domain: str) -> Origin:
    return Origin("tenant", domain, protocol="https", port=443, host_header="origin", ssl_protocols=("TLSv1.2",))
