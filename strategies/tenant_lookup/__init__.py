"""Tenant lookup: the request names a tenant and an account, a DynamoDB table names their backend."""

from __future__ import annotations

from router.dynamodb.table import TableError
from router.model import names
from router.model.decision import Decision, Origin
from router.model.record import record
from strategies.base import Edge, Needs, Strategy, TableSpec
from strategies.options import first_of, require
from strategies.tenant_lookup.untrusted_input import (
    DomainAllowList,
    allow_list_error,
    parse_body,
    shared_suffixes,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ClassVar

    from router.model.assignment import Assignment
    from router.model.decision import Item, Reading
    from router.model.request import Request

_ID_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-")
_MAX_ID_CHARACTERS = 1_024
_FIELD_RULES: dict[str, Callable[[str], str]] = {
    "body": names.attribute_name,
    "query": names.query_name,
    "header": names.header_name,
}


@record
class Options:
    """The two identifiers, the table's keys, and the allowed backends.

    Attributes:
        table_name: Physical name of the table; by default `<project>-<stack>-tenants`.
        source: Where the identifiers are: `body` (a JSON object), `query` or `header`.
        tenant_field: Member, query parameter or header with the tenant.
        account_field: Member, query parameter or header with the account.
        tenant_attribute: The table's partition key; by default `tenantField`.
        account_attribute: The table's sort key; by default `accountField`.
        backend_attribute: Attribute with the domain, a string.
        allowed_domains: Domains that requests may be sent to: `.example.com` allows every name below example.com but
            not itself, `api.example.com` only itself. Required.
        max_id_characters: Longest accepted identifier.
        home_region: Region of the table.
        replicas: Regions of the replicas.
    """

    table_name: str = ""
    source: str = "body"
    tenant_field: str = "tenantId"
    account_field: str = "accountId"
    tenant_attribute: str = ""
    account_attribute: str = ""
    backend_attribute: str = "defaultBackend"
    allowed_domains: tuple[str, ...] = ()
    max_id_characters: int = 128
    home_region: str = "us-east-1"
    replicas: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        tenant_key, account_key = self.key_attributes()
        rule = _FIELD_RULES.get(self.source, names.attribute_name)
        require(
            table_name=self.table_name and names.table_name(self.table_name),
            source="" if self.source in _FIELD_RULES else f"is {self.source!r}: allowed is {', '.join(_FIELD_RULES)}",
            tenant_field=rule(self.tenant_field),
            account_field=first_of(rule(self.account_field), self._same_field_error()),
            tenant_attribute=self.tenant_attribute and names.attribute_name(self.tenant_attribute),
            account_attribute=first_of(
                self.account_attribute and names.attribute_name(self.account_attribute),
                f"is {account_key!r}: that is the tenant's key attribute already"
                if account_key == tenant_key and self.account_field != self.tenant_field
                else "",
            ),
            backend_attribute=first_of(
                names.attribute_name(self.backend_attribute),
                f"is {self.backend_attribute!r}: that is a key attribute already"
                if self.backend_attribute in (tenant_key, account_key)
                else "",
            ),
            allowed_domains=allow_list_error(self.allowed_domains),
            max_id_characters=names.within(self.max_id_characters, 1, _MAX_ID_CHARACTERS, "characters"),
        )

    def _same_field_error(self) -> str:
        is_same = (
            self.account_field.lower() == self.tenant_field.lower()
            if self.source == "header"
            else self.account_field == self.tenant_field
        )
        return f"is {self.account_field!r}: that is the tenant's field already" if is_same else ""

    def key_attributes(self) -> tuple[str, str]:
        """The table's partition key and its sort key."""
        return self.tenant_attribute or self.tenant_field, self.account_attribute or self.account_field


class TenantLookup(Strategy):
    """Sends every tenant to its own backend. Choose it when one domain serves tenants with hosts of their own.

    The table is trusted for the choice, not for the host: only domains that the options list are sent to.
    Whatever is missing, malformed or unknown goes to the stable origin; the percentage plays no part.

    Reasons:
        tenant: the domain in the table; the log says `tenant`, not which
        no-body, truncated-body, broken-body, not-json, not-an-object: `stable`; nothing is looked up
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
        fields = frozenset({options.tenant_field, options.account_field})
        tenant_key, account_key = options.key_attributes()
        return Needs(
            headers=frozenset(field.lower() for field in fields) if options.source == "header" else frozenset(),
            query=fields if options.source == "query" else frozenset(),
            body=options.source == "body",
            origins=frozenset(),
            table=TableSpec(
                purpose="tenants",
                name=options.table_name,
                hash_key=tenant_key,
                range_key=account_key,
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
        tenant, account, reason = self._identify(request)
        request.step(f"{self.options.source} fields", reason or "tenant and account")
        if reason:
            return Decision("stable", reason)
        return self._look_up(request, tenant, account)

    def _identify(self, request: Request) -> tuple[str, str, str]:
        """(tenant, account, "") or ("", "", reason)."""
        options = self.options
        if options.source == "body":
            document, reason = parse_body(request.body)
            if document is None:
                return "", "", reason
            tenant, account = document.get(options.tenant_field), document.get(options.account_field)
        else:
            read = request.query if options.source == "query" else request.header
            tenant, account = read(options.tenant_field), read(options.account_field)
        reason = first_of(self._id_error(tenant, "tenant"), self._id_error(account, "account"))
        return ("", "", reason) if reason else (str(tenant), str(account), "")

    def _id_error(self, value: object, kind: str) -> str:
        if value is None:
            return f"missing-{kind}"
        is_well_formed = (
            isinstance(value, str)
            and 0 < len(value) <= self.options.max_id_characters
            and _ID_CHARACTERS.issuperset(value)
        )
        return "" if is_well_formed else f"malformed-{kind}"

    def _look_up(self, request: Request, tenant: str, account: str) -> Decision:
        assert self.edge.table is not None  # needs() asked for it
        visitor = f"{tenant}/{account}"
        try:
            reading = self.edge.table.read(dict(zip(self._keys, (tenant, account), strict=True)))
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
    return domain.lower() if isinstance(domain, str) and not names.domain_name(domain) else ""


def _origin(domain: str) -> Origin:
    return Origin("tenant", domain, protocol="https", port=443, host_header="origin", ssl_protocols=("TLSv1.2",))
