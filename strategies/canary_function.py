"""What the strategies with versioned caching need: functions/canary.js before the cache, and what it has to know."""

from __future__ import annotations

from router.cookies import set_cookie
from strategies.base import VERSION_HEADER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def version_needs(
    cookie: str, max_age_seconds: int, *, domain: str = "", signing_keys: tuple[str, ...] = (), session: str = ""
) -> dict[str, Any]:
    """Fields of Needs. `cookie` holds the version; `session` names the cookie of a session whose table knows better."""
    attributes = set_cookie(cookie, "", max_age_seconds, domain=domain).partition("; ")[2]
    return {
        "viewer_function": "canary",
        "function_triggers": ("viewer-request", "viewer-response"),
        "function_config": {
            "cookie": cookie,
            "attributes": attributes,
            "keys": list(signing_keys),
            "session": session,
        },
        "version_header": VERSION_HEADER,
    }
