"""The QA override: a secret in a header, cookie or query parameter reaches any origin."""

from __future__ import annotations

from router.model.digest import compare_digest
from router.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

    from router.model.request import Request


@record
class Override:
    """`<origin name>:<secret>` in the one configured place, for example `x-qa-origin: canary:s3cret`."""

    secret: str
    header: str = ""
    cookie: str = ""
    query: str = ""

    def origin_for(self, request: Request, origins: Container[str]) -> str | None:
        """The name of the requested origin, or None. The secret is compared in constant time."""
        value = self._value(request)
        if not value:
            return None
        name, _, secret = value.partition(":")
        is_right = compare_digest(secret.encode("utf-8", "replace"), self.secret.encode("utf-8", "replace"))
        if is_right and name in origins:
            request.step("override", name)
            return name
        request.step("override", "no such origin" if is_right else "wrong secret")
        return None

    def _value(self, request: Request) -> str | None:
        if self.header:
            return request.header(self.header)
        if self.cookie:
            return request.cookie(self.cookie)
        return request.query(self.query)
