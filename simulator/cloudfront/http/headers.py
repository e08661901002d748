"""An immutable multi-map of HTTP header fields, in the order they came."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

# Fields that belong to one connection and are never passed on (RFC 9110 §7.6.1), with those of the older RFC 2616.
HOP_BY_HOP = frozenset(
    str.split(
        "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer"
        " transfer-encoding upgrade"
    )
)


@dataclass(frozen=True)
class Headers:
    """Header fields as (name, value) pairs; names compare case-insensitively and keep their spelling.

    Changing methods return a new object.
    """

    fields: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, fields: Iterable[tuple[str, str]]) -> Headers:
        return cls(tuple(fields))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.fields)

    def __contains__(self, name: str) -> bool:
        return any(field.lower() == name.lower() for field, _ in self.fields)

    def all(self, name: str) -> list[str]:
        wanted = name.lower()
        return [value for field, value in self.fields if field.lower() == wanted]

    def get(self, name: str) -> str | None:
        """The first value of the field, or None."""
        return next(iter(self.all(name)), None)

    def join(self, name: str, separator: str = ", ") -> str | None:
        """All values of the field as one, or None where there is none."""
        values = self.all(name)
        return separator.join(values) if values else None

    def where(self, is_kept: Callable[[str], bool]) -> Headers:
        """Only the fields whose lower-case name satisfies `is_kept`."""
        return Headers(tuple((field, value) for field, value in self.fields if is_kept(field.lower())))

    def without(self, *names: str) -> Headers:
        dropped = {name.lower() for name in names}
        return self.where(lambda field: field not in dropped)

    def plus(self, *fields: tuple[str, str]) -> Headers:
        return Headers(self.fields + fields)

    def replace(self, name: str, value: str) -> Headers:
        """The field with exactly this one value, in last place."""
        return self.without(name).plus((name, value))

    def end_to_end(self) -> Headers:
        """Without the hop-by-hop fields and those that `Connection` names (RFC 9110 §7.6.1)."""
        named = {token.strip().lower() for value in self.all("connection") for token in value.split(",")}
        return self.where(lambda field: field not in HOP_BY_HOP and field not in named)

    @property
    def byte_count(self) -> int:
        """Size on the wire: each field is `name: value` and a line end."""
        return sum(len(encode(field)) + len(encode(value)) + 4 for field, value in self.fields)


def decode(octets: bytes) -> str:
    """UTF-8, or else ISO-8859-1, as edge functions get text (page edge-function-restrictions-all, "encoding")."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def encode(text: str) -> bytes:
    """UTF-8; lone surrogates, which JSON allows, do not stop it."""
    return text.encode("utf-8", "surrogatepass")


def title_case(name: str) -> str:
    """`x-forwarded-for` → `X-Forwarded-For`, as CloudFront writes a missing `key` (page lambda-event-structure)."""
    return "-".join(part[:1].upper() + part[1:].lower() for part in name.split("-"))
