"""AWS Signature Version 4 for one POST or GET without query normalization, and the credentials to sign with.

Source: "Create a signed AWS API request" (IAM User Guide) and AWS's published test suite for it.
"""

from __future__ import annotations

from router.model.digest import hmac_sha256, sha256
from router.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

ALGORITHM = "AWS4-HMAC-SHA256"


@record
class Credentials:
    """An access key; `session_token` is "" for long-lived ones."""

    access_key: str
    secret_key: str
    session_token: str = ""


class Signer:
    """Signs for one service in one Region, and caches the day's signing key."""

    def __init__(self, service: str, region: str) -> None:
        self._scope = (region, service, "aws4_request")
        self._key_of: tuple[str, str] = ("", "")
        self._key = b""

    def authorization(
        self,
        credentials: Credentials,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        query: str = "",
    ) -> str:
        """The Authorization value. `headers` has lower-case names and x-amz-date; all of them are signed.

        `path` and `query` are already URI-encoded, and the query's parameters are sorted.
        """
        date_time = headers["x-amz-date"]
        names = sorted(headers)
        signed = ";".join(names)
        lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names)
        canonical = f"{method}\n{path}\n{query}\n{lines}\n{signed}\n{sha256(body).hexdigest()}"
        scope = "/".join((date_time[:8], *self._scope))
        to_sign = f"{ALGORITHM}\n{date_time}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
        signature = hmac_sha256(self._signing_key(credentials, date_time[:8]), to_sign.encode()).hex()
        return f"{ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={signed}, Signature={signature}"

    def _signing_key(self, credentials: Credentials, date: str) -> bytes:
        if self._key_of != (credentials.secret_key, date):
            key = f"AWS4{credentials.secret_key}".encode()
            for part in (date, *self._scope):
                key = hmac_sha256(key, part.encode())
            self._key_of, self._key = (credentials.secret_key, date), key
        return self._key
