"""The places of frameworks' sessions in DynamoDB, as options. Read at deploy; never part of a package.

Read from the sources of

- express: connect-dynamodb 3.0.5 and express-session 1.19.0 (npm). `set` puts the whole item: the version has to be in
  the session.
- php: `Aws\\DynamoDb\\SessionHandler` and `StandardSessionConnection` of aws/aws-sdk-php 3. The key is
  `<session name>_<id>`; the data is in PHP's own format, and `UpdateItem` leaves other attributes alone.
- django: dj-dynamodb-sessions 0.8.3 (PyPI). The data is signed and packed; `update_item` leaves other attributes alone.
- rails-dynamodb: aws-sessionstore-dynamodb 3 (GitHub). The key is the `private_id` of Rack 3, `2::<SHA-256 of the
  id>`; the data is Ruby's own format, `UpdateItem` leaves other attributes alone. `expire_at` is the time of the last
  write unless `max_stale` is set, and the library itself does not look at it: no expiry.
- flask-session: Flask-Session 0.8.0 (PyPI). `val` has MessagePack, or JSON by setting.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

PRESETS: dict[str, dict[str, Any]] = {
    "express": {
        "cookie": "connect.sid",
        "decode_cookie": True,
        "signed_cookie": "express",
        "key_attribute": "id",
        "key_prefix": "sess:",
        "expiry_attribute": "expires",
        "version_attribute": "sess",
        "version_path": "version",
    },
    "php": {
        "cookie": "PHPSESSID",
        "decode_cookie": True,
        "key_attribute": "id",
        "expiry_attribute": "expires",
    },
    "django": {"cookie": "sessionid", "key_attribute": "session_key", "expiry_attribute": "ttl"},
    "rails-dynamodb": {
        "cookie": "_session_id",
        "decode_cookie": True,
        "key_attribute": "session_id",
        "key_prefix": "2::",
        "key_digest": "sha256",
        "expiry_attribute": "",
    },
    "flask-session": {
        "cookie": "session",
        "key_attribute": "id",
        "key_prefix": "session:",
        "expiry_attribute": "expiration",
        "version_attribute": "val",
        "version_path": "version",
    },
}


def preset_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """The preset's options and, over them, those given by name (in snake_case); KeyError for an unknown preset."""
    preset = given.get("preset")
    options = {**(PRESETS[preset] if preset else {}), **given}
    if "version_attribute" in given and "version_path" not in given:
        options.pop("version_path", None)  # it led into the preset's own document
    if preset == "php":
        options.setdefault("key_prefix", f"{options['cookie']}_")
    return options
