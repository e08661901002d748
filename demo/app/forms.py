"""Forms that no other site can send for a visitor, as frameworks protect theirs."""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

MOST_BYTES = 4096


class ForgedFormError(Exception):
    """The form does not come from a page of this site; the text says what was wrong, and holds no token."""


def form_token(session_token: str) -> str:
    """The token in a session's forms; nobody knows it who does not know the session's cookie."""
    return hmac.new(session_token.encode(), b"form", hashlib.sha256).hexdigest()


def check_form(headers: Mapping[str, str], body: bytes, session_token: str) -> None:
    """Raise ForgedFormError unless the form has the session's token and was sent from the site's own name.

    Behind CloudFront Host may be that of the origin: the router puts the site's into X-Forwarded-Host.
    """
    site = headers.get("x-forwarded-host") or headers.get("host", "")
    origin = headers.get("origin", "")
    if origin and urlsplit(origin).netloc != site:
        raise ForgedFormError(f"sent from {urlsplit(origin).netloc or 'nowhere'}, not from {site}")
    fields = parse_qs(body[:MOST_BYTES].decode("latin-1"), max_num_fields=10)
    given = fields.get("token", [""])[0]
    if not hmac.compare_digest(given.encode(), form_token(session_token).encode()):
        raise ForgedFormError("without the session's token")
