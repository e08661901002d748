"""The options of tenant-lookup, and what they read of a request."""

from __future__ import annotations

from router.model import names
from router.model.record import record
from strategies.options import first_error, require
from strategies.tenant_lookup.untrusted_input import allow_list_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

ACCEPTED = ("numbers", "form", "gzip", "bom")
MAX_PATHS = 8
_MAX_ID_CHARACTERS = 1_024
_FIELD_RULES: dict[str, Callable[[str], str]] = {
    "body": names.attribute_name,
    "query": names.query_name,
    "header": names.header_name,
    "host": names.attribute_name,
}


@record
class Options:
    """The two identifiers, the table's keys, and the allowed backends.

    Attributes:
        table_name: Physical name of the table; by default `<project>-<stack>-tenants`.
        source: Where the identifiers are: `body` (a JSON object), `query`, `header`, or `host`: the viewer's Host, in
            lower case and without port, is the tenant; there is no account, and the table has a partition key only.
        tenant_field: Member, query parameter or header with the tenant. A member may be a path (`variables.input.id`).
            In a list, the first that has a value counts.
        account_field: Member, query parameter or header with the account, in the same way.
        accept: More that a body may be: `numbers` (JSON integers are identifiers), `form` (URL-encoded, by its
            Content-Type), `gzip` (by its Content-Encoding, at most 1 MB unpacked), `bom` (JSON after a UTF-8 byte order
            mark).
        tenant_attribute: The table's partition key; by default `tenantField`. Required where that is a list.
        account_attribute: The table's sort key; by default `accountField`. Required where that is a list.
        backend_attribute: Attribute with the domain, a string.
        allowed_domains: Domains that requests may be sent to: `.example.com` allows every name below example.com but
            not itself, `api.example.com` only itself. Required.
        max_id_characters: Longest accepted identifier.
        home_region: Region of the table.
        replicas: Regions of the replicas.
    """

    table_name: str = ""
    source: str = "body"
    tenant_field: str | tuple[str, ...] = "tenantId"
    account_field: str | tuple[str, ...] = "accountId"
    accept: tuple[str, ...] = ()
    tenant_attribute: str = ""
    account_attribute: str = ""
    backend_attribute: str = "defaultBackend"
    allowed_domains: tuple[str, ...] = ()
    max_id_characters: int = 128
    home_region: str = "us-east-1"
    replicas: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        tenant_key, account_key = (*self.key_attributes(), "")[:2]
        require(
            table_name=self.table_name and names.table_name(self.table_name),
            source="" if self.source in _FIELD_RULES else f"is {self.source!r}: allowed is {', '.join(_FIELD_RULES)}",
            tenant_field=self._fields_error(self.tenant_field),
            account_field=first_error(self._fields_error(self.account_field), self._same_field_error()),
            accept=self._accept_error(),
            tenant_attribute=first_error(
                self.tenant_attribute and names.attribute_name(self.tenant_attribute),
                "" if tenant_key else "is missing: tenantField is a list, so name the table's partition key",
            ),
            account_attribute=first_error(
                self.account_attribute and names.attribute_name(self.account_attribute),
                ""
                if account_key or self.source == "host"
                else "is missing: accountField is a list, so name the table's sort key",
                f"is {account_key!r}: that is the tenant's key attribute already"
                if tenant_key and account_key == tenant_key and self.account_field != self.tenant_field
                else "",
            ),
            backend_attribute=first_error(
                names.attribute_name(self.backend_attribute),
                f"is {self.backend_attribute!r}: that is a key attribute already"
                if self.backend_attribute in (tenant_key, account_key)
                else "",
            ),
            allowed_domains=allow_list_error(self.allowed_domains),
            max_id_characters=names.within(self.max_id_characters, 1, _MAX_ID_CHARACTERS, "characters"),
        )

    def _fields_error(self, field: str | tuple[str, ...]) -> str:
        rule = _FIELD_RULES.get(self.source, names.attribute_name)
        if isinstance(field, str):
            return rule(field)
        if not 0 < len(field) <= MAX_PATHS:
            return f"has {len(field)} entries: allowed is 1 to {MAX_PATHS}"
        return first_error(*(error and f"has an entry that {error}" for error in map(rule, field)))

    def _same_field_error(self) -> str:
        """A field of the tenant's is none of the account's: one value would be both."""
        as_compared = str.lower if self.source == "header" else str
        of_tenant = set(map(as_compared, as_list(self.tenant_field)))
        for name in as_list(self.account_field):
            # pyrefly: ignore[unnecessary-type-conversion]  str is one of two functions here
            if self.source != "host" and as_compared(name) in of_tenant:
                return f"is {name!r}: that is the tenant's field already"
        return ""

    def _accept_error(self) -> str:
        unknown = [word for word in self.accept if word not in ACCEPTED]
        if unknown:
            return f"has the entry {unknown[0]!r}: allowed is {', '.join(ACCEPTED)}"
        return "is about bodies, but source is not body" if self.accept and self.source != "body" else ""

    def fields(self) -> tuple[str, ...]:
        """The names or paths of both identifiers."""
        return (*as_list(self.tenant_field), *as_list(self.account_field))

    def key_attributes(self) -> tuple[str, ...]:
        """The table's partition key and, but for `host`, its sort key; "" where a list leaves one open."""
        tenant = self.tenant_attribute or (self.tenant_field if isinstance(self.tenant_field, str) else "")
        account = self.account_attribute or (self.account_field if isinstance(self.account_field, str) else "")
        return (tenant,) if self.source == "host" else (tenant, account)

    def read_headers(self) -> frozenset[str]:
        """The lower-case names of the headers that are read."""
        if self.source == "header":
            return frozenset(field.lower() for field in self.fields())
        if self.source == "host":
            return frozenset({"host"})
        told_by = {"form": "content-type", "gzip": "content-encoding"}
        return frozenset(told_by[word] for word in self.accept if word in told_by)


def as_list(field: str | tuple[str, ...]) -> tuple[str, ...]:
    """One field or several, as several."""
    return (field,) if isinstance(field, str) else tuple(field)
