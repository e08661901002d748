"""The version of a session in a signed cookie of the router's own: a visitor who has it costs no read of the table."""

from __future__ import annotations

from router.model.record import record
from router.model.response import is_in_path, set_cookie
from strategies.signing import sign, verify

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from typing import Any

    from router.model.assignment import Assignment
    from router.model.request import Request
    from router.model.response import Response

LOWEST_ERROR = 400


@record
class VersionCookie:
    """`<origin>.<release tag>.<end>.<signature>`, signed together with the session's token.

    So it is worth nothing to another session. `end` is in epoch seconds: after `seconds`, or with the session if that
    ends before. Another release makes it invalid.
    """

    name: str
    seconds: int
    keys: tuple[str, ...]
    attributes: Mapping[str, Any]

    def issue(self, token: str, origin: str, assignment: Assignment, now: float, session_end: float | None) -> str:
        """The value for a session that the table knows."""
        end = now + self.seconds if session_end is None else min(now + self.seconds, session_end)
        return sign(self.keys, f"{origin}.{assignment.release_tag}.{int(end)}", bound_to=f"\0{token}")

    def read(self, request: Request, token: str, assignment: Assignment, now: float, origins: Container[str]) -> str:
        """The origin that a valid cookie names, else ""."""
        value = request.cookie(self.name)
        if not value:
            return ""
        origin, tag, end = _parse(verify(self.keys, value, bound_to=f"\0{token}"))
        is_valid = tag == assignment.release_tag and assignment.release and end > now and origin in origins
        return origin if is_valid else ""

    def set(self, request: Request, response: Response, token: str, value: str, now: float) -> None:
        """Send an issued value to the viewer, where the origin in it responded and did not fail."""
        origin, _, end = _parse(verify(self.keys, value, bound_to=f"\0{token}"))
        seconds_left = int(end - now)
        if origin != response.origin or seconds_left <= 0 or response.status >= LOWEST_ERROR:
            return
        if is_in_path(request.path, str(self.attributes["path"])):
            response.add_cookie(set_cookie(self.name, value, min(seconds_left, self.seconds), **self.attributes))


def _parse(payload: str) -> tuple[str, str, int]:
    """(origin, release tag, end); ("", "", 0) for anything else. Names of origins have no dot."""
    parts = payload.split(".")
    if len(parts) != 3 or not (parts[2].isascii() and parts[2].isdigit() and len(parts[2]) <= 12):
        return "", "", 0
    return parts[0], parts[1], int(parts[2])
