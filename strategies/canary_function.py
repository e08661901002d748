"""The needs of strategies with versioned caching: functions/canary.js at viewer-request, and its config."""

from __future__ import annotations

from router.model.response import set_cookie
from strategies.base import VERSION_HEADER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def version_needs(
    cookie: str,
    max_age_seconds: int,
    *,
    domain: str = "",
    path: str = "/",
    same_site: str = "Lax",
    partitioned: bool = False,
    signing_keys: tuple[str, ...] = (),
    session: str = "",
) -> dict[str, Any]:
    """Fields of Needs. `cookie` has the version; `session` names the cookie of sessions in a table."""
    written = set_cookie(
        cookie, "", max_age_seconds, domain=domain, path=path, same_site=same_site, partitioned=partitioned
    )
    return {
        "viewer_function": "canary",
        "function_triggers": ("viewer-request", "viewer-response"),
        "function_config": {
            "cookie": cookie,
            "attributes": written.partition("; ")[2],
            "keys": list(signing_keys),
            "path": "" if path == "/" else path,
            "session": session,
        },
        "version_header": VERSION_HEADER,
    }
