"""The tenant and the account that a request names, each within the limits of an identifier."""

from __future__ import annotations

from router.model import origin_rules
from router.model.record import is_object
from strategies.options import first_error
from strategies.tenant_lookup.options import as_list
from strategies.tenant_lookup.untrusted_input import parse_body

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from router.model.request import Request
    from strategies.tenant_lookup.options import Options

    Reads = Callable[[str], object]
    """The value of a field, or None."""

_ID_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-")


def identify(request: Request, options: Options) -> tuple[tuple[str, ...], str]:
    """(values of the key attributes, "") or ((), reason)."""
    if options.source == "host":
        return _identify_host(request, options)
    read: Reads = request.query if options.source == "query" else request.header
    if options.source == "body":
        document, reason = parse_body(request, options.accept)
        if document is None:
            return (), reason
        read = _reader(document)
    tenant, account = _first_value(read, options.tenant_field), _first_value(read, options.account_field)
    if "numbers" in options.accept:
        tenant, account = _integer_as_text(tenant), _integer_as_text(account)
    reason = first_error(_id_error(tenant, "tenant", options), _id_error(account, "account", options))
    return ((), reason) if reason else ((str(tenant), str(account)), "")


def _identify_host(request: Request, options: Options) -> tuple[tuple[str, ...], str]:
    host = request.header("host")
    if not host:
        return (), "missing-tenant"
    name, colon, port = host.lower().partition(":")
    is_host = not origin_rules.domain_name(name) and (not colon or (port.isascii() and port.isdigit()))
    return ((name,), "") if is_host and len(name) <= options.max_id_characters else ((), "malformed-tenant")


def _first_value(read: Reads, field: str | tuple[str, ...]) -> object:
    return next((value for name in as_list(field) if (value := read(name)) is not None), None)


def _reader(document: dict[str, Any]) -> Reads:
    """Members by name, else by a path of names with dots between them; None, too, for what leads through no object."""

    def read(path: str) -> object:
        if path in document or "." not in path:
            return document.get(path)
        value: object = document
        for name in path.split("."):
            if not is_object(value):
                return None
            value = value.get(name)
        return value

    return read


def _integer_as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _id_error(value: object, kind: str, options: Options) -> str:
    if value is None:
        return f"missing-{kind}"
    is_well_formed = (
        isinstance(value, str) and 0 < len(value) <= options.max_id_characters and _ID_CHARACTERS.issuperset(value)
    )
    return "" if is_well_formed else f"malformed-{kind}"
