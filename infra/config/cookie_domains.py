"""Cookie domains that browsers reject: a public suffix, and a domain that the viewer's host name is not in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


def cookie_domain_error(given: str, aliases: Sequence[str]) -> str:
    """Return the error of a Domain for which no viewer at these aliases stores a cookie (RFC 6265 §5.3), or ""."""
    domain = _plain(given)
    if is_public_suffix(domain):
        return (
            f"is {given!r}: that is a public suffix, where anyone can have a name, and browsers take no cookie for it"
        )
    if not aliases:
        return (
            f"is {given!r}: without domain.aliases viewers come by a name below cloudfront.net, and browsers drop a"
            " cookie for another domain; write the aliases, or leave this out"
        )
    if not any(_is_in(alias, domain) or _covers(alias, domain) for alias in aliases):
        return (
            f"is {given!r}: no alias ends with it, and browsers drop a cookie for a domain that they are not in;"
            f" domain.aliases has {', '.join(aliases)}"
        )
    return ""


def cookie_domain_warnings(given: str, aliases: Sequence[str]) -> list[str]:
    """Warn of aliases whose viewers store no cookie of this Domain, though others do."""
    outside = [alias for alias in aliases if not _is_in(alias, _plain(given))] if given else []
    if not outside:
        return []
    return [
        f"domain is {given!r}, but viewers come by {', '.join(outside)} too: where the name does not end with it,"
        " browsers drop the cookie, and every request is assigned anew"
    ]


def is_public_suffix(domain: str) -> bool:
    """Return whether a lower-case name is on the Public Suffix List of the installed package."""
    return _suffixes().publicsuffix(domain) == domain


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList  # here: reading the list takes a while, and few stacks need it

    return PublicSuffixList()


def _plain(given: str) -> str:
    """Remove the dot that browsers ignore (RFC 6265 §5.2.3)."""
    return given.lower().removeprefix(".")


def _is_in(alias: str, domain: str) -> bool:
    """Return whether all names of an alias are in the domain."""
    return f".{alias.removeprefix('*.')}".endswith(f".{domain}")


def _covers(alias: str, domain: str) -> bool:
    """Return whether the domain is one of the names of a wildcard."""
    return alias.startswith("*.") and domain.endswith(alias[1:])
