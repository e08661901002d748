"""What answers are looked through for: the version's code, and the expected texts."""

from __future__ import annotations

import re

import httpx

from validator.plan.plan import Plan
from validator.traffic.response import shown

MAX_BODY_BYTES = 1_048_576
"""What is read of a body at most."""


class Marks:
    """Reads version and texts off an answer."""

    def __init__(self, plan: Plan) -> None:
        self._header = plan.version_header
        self._pattern = re.compile(plan.version_pattern) if plan.version_pattern else None
        self._names = {code: name for name, code in plan.versions.items()}
        self._texts = frozenset(one.text for one in plan.expect if one.text)

    def version(self, response: httpx.Response, body: str) -> tuple[str, str]:
        """(name, code): by the pattern in the body where there is one, else by the header; "" where unknown."""
        if self._pattern is not None:
            match = self._pattern.search(body)
            code = (match[1] or "") if match else ""
        else:
            code = response.headers.get(self._header, "")
        return self._names.get(code, ""), shown(code)

    def found(self, body: str) -> frozenset[str]:
        """The expected texts that are there."""
        return frozenset(text for text in self._texts if text in body)


def decoded(response: httpx.Response, body: bytes) -> str:
    """The body as text, whatever charset the answer claims."""
    try:
        return body.decode(response.encoding or "utf-8", "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")
