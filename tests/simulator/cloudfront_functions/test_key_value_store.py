"""A key value store keeps the service's quotas and tells when it changed."""

from __future__ import annotations

import pytest

from simulator.cloudfront_functions import KeyValueError, KeyValueStore

ARN = "arn:aws:cloudfront::123456789012:key-value-store/a1b2c3d4-5678-90ab-cdef-example11111"


def test_pairs_can_be_put_deleted_and_replaced() -> None:
    store = KeyValueStore(ARN, {"a": "1"})
    store.put("b", "2")
    store.delete("a")
    assert (store.get("a"), store.get("b"), store.pairs) == (None, "2", {"b": "2"})
    store.replace({"c": "3"})
    assert store.pairs == {"c": "3"}


def test_every_change_is_another_version_and_is_in_the_metadata() -> None:
    now = [1_700_000_000.0]
    store = KeyValueStore(ARN, {}, lambda: now[0])
    before, now[0] = store.version, now[0] + 1.5
    store.put("a", "1")
    assert store.version != before
    assert store.meta == {
        "creationDateTime": "2023-11-14T22:13:20.000Z",
        "lastUpdatedDateTime": "2023-11-14T22:13:21.500Z",
        "keyCount": 1,
    }


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("é" * 257, "", f'the key "{"é" * 60}" has 514 bytes: a key has 1 to 512'),
        ("", "x", 'the key "" has 0 bytes: a key has 1 to 512'),
        ("tier:a", "x" * 1025, 'the value of "tier:a" has 1025 bytes: at most 1024 fit'),
    ],
)
def test_pair_over_a_quota_is_refused_and_nothing_changes(key: str, value: str, message: str) -> None:
    store = KeyValueStore(ARN, {"a": "1"})
    with pytest.raises(KeyValueError) as raised:
        store.put(key, value)
    assert str(raised.value) == message
    assert store.pairs == {"a": "1"}


def test_store_over_five_megabytes_is_refused() -> None:
    with pytest.raises(KeyValueError) as raised:
        KeyValueStore(ARN, {f"{number:04}": "x" * 1024 for number in range(5200)})
    assert str(raised.value) == "the pairs have 5345600 bytes together: a store holds at most 5242880"
