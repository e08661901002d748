"""The tables' own names: where a table has to be another one, so is its name.

DynamoDB changes neither the keys nor the Region of a table, and has a name once in each Region: Pulumi makes another
table and lets go of the old one. Under the same name that would be refused, or come after the data is gone.
"""

from __future__ import annotations

import json
from hashlib import sha256

FIRST_HOME_REGION = "us-east-1"
FIRST_KEYS = {
    "control": ("scope", "item"),
    "sessions": ("token", ""),
    "tenants": ("tenantId", "accountId"),
}
"""The partition and the sort key that a table without more in its name has, by purpose.

Written out, for a name is an interface: it must not change with a default in the code. Tables of other purposes have no
more than that in their name.
"""


def is_told_apart(purpose: str) -> bool:
    """Whether the name says with which keys and where the table was made."""
    return purpose in FIRST_KEYS


def own_table_name(prefix: str, purpose: str, keys: tuple[str, str], home_region: str) -> str:
    """`edge-router-prod-sessions`; with other keys or another home Region something more, so that both can be there."""
    name = f"{prefix}-{purpose}"
    if not is_told_apart(purpose):
        return name
    if keys != FIRST_KEYS[purpose]:
        name += f"-{sha256(json.dumps(keys).encode()).hexdigest()[:8]}"
    return name if home_region == FIRST_HOME_REGION else f"{name}-{home_region}"
