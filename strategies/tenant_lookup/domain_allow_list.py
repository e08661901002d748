"""Which domains found in a table may be sent to: exact names and suffixes that config lists."""

from __future__ import annotations

from router.model import names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_SHARED_SUFFIXES = (
    ".amazonaws.com",
    ".azurewebsites.net",
    ".cloudfront.net",
    ".herokuapp.com",
    ".on.aws",
    ".run.app",
    ".vercel.app",
)


class DomainAllowList:
    """Entries that start with "." allow every name below them, others only themselves; any number costs the same."""

    def __init__(self, entries: Sequence[str]) -> None:
        self._exact = {entry.lower() for entry in entries if not entry.startswith(".")}
        self._suffixes = {entry.lower() for entry in entries if entry.startswith(".")}

    def allows(self, domain: str) -> bool:
        """Whether a lower-case domain name is listed, or lies below a listed suffix by whole labels."""
        return domain in self._exact or any(
            domain[index:] in self._suffixes for index, character in enumerate(domain) if character == "."
        )


def allow_list_problem(entries: Sequence[str]) -> str:
    """What is wrong with a list of allowed domains, and what is allowed."""
    if not entries:
        return "is empty: list the domains that the table may name, such as .example.com or api.example.com"
    for entry in entries:
        if problem := names.domain_name(entry.removeprefix(".")):
            return f"has an entry that {problem}"
    return ""


def shared_suffixes(entries: Sequence[str]) -> list[str]:
    """The entries under which anyone can have a name made, so that they allow strangers' hosts."""
    return [entry for entry in entries if entry.startswith(".") and entry.lower().endswith(_SHARED_SUFFIXES)]
