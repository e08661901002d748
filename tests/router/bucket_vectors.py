"""Writes bucket_vectors.json anew: `python -m tests.router.bucket_vectors`. Always the same keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

from router.model.assignment import bucket

FILE = Path(__file__).with_name("bucket_vectors.json")
SALTS = ("2026-11", "2026-12", "", "ünï-🚀", "s" * 64, "a\0b")
KEYS = 10_000
ODD_KEYS = (
    *("", " ", "0", "abc", "visitor-1", "é", "e\u0301", "日本語", "🚀", "\U0010ffff", "\u2028", "\ufeffx"),
    *("a\0b", "\0", "\n", '"\\', "%F0%9F", "\ud800", "x\udfffy", "\udc00\ud800", "x" * 5_000, "é" * 3_000),
)
_UNICODE = "aZ09-_.~ \t/äßΩжשあ漢字한글🚀🧪\u200d\u0301"


def keys(random: Random) -> Iterator[str]:
    """What stands for visitors: minted ids, session tokens, UUID-like ids, names, text of any script."""
    while True:
        yield f"{random.getrandbits(64):016x}"
        yield f"visitor-{random.randrange(10**9)}"
        yield f"{random.getrandbits(128):032x}"
        yield "".join(random.choices("ABCDEFabcdef0123456789-_", k=random.randrange(1, 44)))
        yield "".join(random.choices(_UNICODE, k=random.randrange(1, 24)))


def vectors() -> dict[str, dict[str, int]]:
    """Bucket by salt and key."""
    random = Random(20_261_101)
    found: dict[str, dict[str, int]] = {salt: {key: bucket(salt, key) for key in ODD_KEYS} for salt in SALTS}
    made = keys(random)
    while sum(map(len, found.values())) < KEYS:
        for salt in SALTS:
            key = next(made)
            found[salt][key] = bucket(salt, key)
    return found


def text() -> str:
    """One salt and its keys in a line, in ASCII: lone surrogates have no UTF-8."""
    lines = [f"{json.dumps(salt)}: {json.dumps(buckets)}" for salt, buckets in vectors().items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
