"""Needs and warnings at deploy of strategies with a version cookie: functions/canary.js, its config, SameSite."""

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
    pages: bool = True,
) -> dict[str, Any]:
    """Fields of Needs. `cookie` has the version; `session` names the cookie of sessions in a table.

    `pages`: subrequests without identity are not new visitors.
    """
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
            "pages": pages,
        },
        "version_header": VERSION_HEADER,
    }


def same_site_warnings(same_site: str, partitioned: bool) -> list[str]:
    """Warnings about a version cookie that is rarely meant so."""
    warnings: list[str] = []
    if same_site == "Strict":
        warnings.append(
            "sameSite is Strict: who follows a link from another site sends no cookie with that request, is assigned"
            " anew and may change the version. Lax keeps them where they are"
        )
    if partitioned and same_site != "None":
        warnings.append(
            f"partitioned is true, but sameSite is {same_site}: pages that another site embeds, which partitioned"
            " cookies are for, never send it. Set sameSite to None"
        )
    return warnings
