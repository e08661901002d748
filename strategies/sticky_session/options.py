"""The options of sticky-session."""

from __future__ import annotations

from router.model import names
from router.model.record import field, record
from strategies.options import caching_error, cookie_errors, first_error, key_cookies_error, require
from strategies.signing import keys_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from strategies.sticky_session.identity import Identity


@record
class Options:
    """The session table and cookie, and how responses are cached.

    Attributes:
        cookie: Name of the session cookie.
        table_name: Physical name of the table; by default `<project>-<stack>-sessions`.
        key_attribute: The table's partition key, a string: the cookie's value.
        version_attribute: Attribute with the version code, a string or number.
        expiry_attribute: Attribute with the expiry in epoch seconds; it also turns on TTL. `""`: sessions never
            expire.
        versions: Version codes to origin names.
        home_region: Region of the table, which is read when the nearest replica has no such session.
        replicas: Regions of the replicas.
        caching: `versioned`: responses are cached, each version apart ([below](#versioned-caching)).
        version_cookie: With `versioned`, required: the cookie with the session hint, such as `app-version`.
        application_cookies: With `versioned`: the cookies that reach the application besides the session's.
        path: Path attribute of the version cookie, as [cookie-version](cookie-version.md#what-browsers-refuse) has it.
        same_site: SameSite attribute of the version cookie.
        partitioned: Partitioned attribute of the version cookie (CHIPS).
        remember_in_cookie: Keeps the version of a session in a signed cookie of the router, so that a returning visitor
            costs no read ([below](#no-read-for-returning-visitors)).
        remember_cookie: Name of that cookie. It has the attributes above.
        remember_cookie_seconds: How long it counts: as long a change in the table may go unnoticed.
        signing_keys: Required with it: keys of 16 or more characters. The first signs, all verify.
        preset: How a framework's library writes its sessions: the options for one of express, php, django,
            rails-dynamodb and flask-session ([below](#sessions-of-frameworks)). Options beside it win.
        decode_cookie: The cookie's value is percent-decoded: `s%3Aabc` is `s:abc`.
        signed_cookie: `express`: the value is `s:<token>.<signature>`.
        cookie_secrets: With it: the application's secrets, of which one has to verify the signature. Without, it is
            dropped.
        key_digest: `sha256`: the table's key has the token's SHA-256 in hexadecimal.
        key_prefix: Text before the token in the table's key, such as `sess:`.
        version_path: Path to the version code inside `versionAttribute`, such as `user.version`, where that is a map,
            JSON text, or bytes of JSON or MessagePack.
        assign_subrequests: Subrequests without identity are assigned as new visitors too
            ([below](#requests-without-identity)): for an API or files whose pages are at another host.
    """

    cookie: str = "sessiontoken"
    table_name: str = ""
    key_attribute: str = "token"
    version_attribute: str = "version"
    expiry_attribute: str = "expiration"
    versions: dict[str, str] = field(default_factory=lambda: {"1": "stable", "2": "canary"})
    home_region: str = "us-east-1"
    replicas: tuple[str, ...] = ()
    caching: str = "none"
    version_cookie: str = ""
    application_cookies: tuple[str, ...] = ()
    path: str = "/"
    same_site: str = "Lax"
    partitioned: bool = False
    remember_in_cookie: bool = False
    remember_cookie: str = "session-version"
    remember_cookie_seconds: int = 300
    signing_keys: tuple[str, ...] = ()
    preset: str = ""
    decode_cookie: bool = False
    signed_cookie: str = ""
    cookie_secrets: tuple[str, ...] = ()
    key_digest: str = ""
    key_prefix: str = ""
    version_path: str = ""
    assign_subrequests: bool = False

    def __post_init__(self) -> None:
        identity = self.identity()
        dropped = cookie_errors(self.version_cookie, self.path, self.same_site)
        require(
            cookie=names.cookie_name(self.cookie),
            table_name=self.table_name and names.table_name(self.table_name),
            key_attribute=names.attribute_name(self.key_attribute),
            version_attribute=first_error(
                names.attribute_name(self.version_attribute),
                f"is {self.version_attribute!r}: that is the key attribute already"
                if self.version_attribute == self.key_attribute
                else "",
            ),
            expiry_attribute=first_error(
                self.expiry_attribute and names.attribute_name(self.expiry_attribute),
                f"is {self.expiry_attribute!r}: that is another attribute already"
                if self.expiry_attribute in (self.key_attribute, self.version_attribute)
                else "",
            ),
            versions="" if self.versions else "is empty: it maps version codes to origin names, such as {'1': stable}",
            caching=caching_error(self.caching),
            version_cookie=first_error(self._version_cookie_error(), dropped["cookie"]),
            application_cookies=key_cookies_error(self.application_cookies, self.version_cookie),
            path=dropped["path"],
            same_site=dropped["same_site"],
            remember_in_cookie="is true, but caching is versioned, whose version cookie does the same: set one of them"
            if self.remember_in_cookie and self.caching == "versioned"
            else "",
            remember_cookie=self._remember_cookie_error() if self.remember_in_cookie else "",
            remember_cookie_seconds=names.within(self.remember_cookie_seconds, 1, 3_600, "seconds"),
            signing_keys=first_error(
                keys_error(self.signing_keys),
                "is missing: rememberInCookie signs its cookie"
                if self.remember_in_cookie and not self.signing_keys
                else "",
            ),
            **(identity.errors() if identity else {}),
        )

    def identity(self) -> Identity | None:
        """The table's key from the cookie, and the version from its attribute; None where they are the same."""
        fields = (
            self.decode_cookie,
            self.signed_cookie,
            self.cookie_secrets,
            self.key_digest,
            self.key_prefix,
            self.version_path,
        )
        if not any(fields):
            return None
        from strategies.sticky_session.identity import Identity  # only with identity: others have plain tokens

        return Identity(*fields)

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes of the router's own cookie as router.model.response.set_cookie takes them."""
        return {"path": self.path, "same_site": self.same_site, "partitioned": self.partitioned}

    def _remember_cookie_error(self) -> str:
        is_same = f"is {self.remember_cookie!r}: that is the session's cookie already"
        return first_error(
            names.cookie_name(self.remember_cookie),
            is_same if self.remember_cookie == self.cookie else "",
            cookie_errors(self.remember_cookie, self.path, self.same_site)["cookie"],
        )

    def _version_cookie_error(self) -> str:
        if not self.version_cookie:
            missing = "is missing: caching: versioned needs a cookie for the version, such as app-version"
            return missing if self.caching == "versioned" else ""
        is_same = f"is {self.version_cookie!r}: that is the session's cookie already"
        return first_error(
            names.cookie_name(self.version_cookie), is_same if self.version_cookie == self.cookie else ""
        )
