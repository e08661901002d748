"""CloudFront Functions and key value stores in the stand-in: quotas, references, and what a change of pairs touches."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.standin.model.model import Known
from simulator.standin.provider import StandIn

FUNCTION = "aws:cloudfront/function:Function"
STORE = "aws:cloudfront/keyValueStore:KeyValueStore"
KEYS = "aws:cloudfront/keyvaluestoreKeysExclusive:KeyvaluestoreKeysExclusive"
CODE = "function handler(event) { return event.request; }"


def urn(kind: str) -> str:
    return f"urn:pulumi:dev::edge-router::{kind}::router"


class Account:
    """A stand-in with a key value store."""

    def __init__(self) -> None:
        self.stand_in = StandIn("us-east-1")
        self.store = self.create(STORE, name="tiers")[1]

    def create(self, kind: str, **inputs: Any) -> tuple[str, dict[str, Any]]:
        checked, failures = self.stand_in.check(kind, urn(kind), inputs)
        assert failures == []
        return self.stand_in.create(kind, urn(kind), checked)

    def keys(self, **pairs: str) -> dict[str, Any]:
        listed = [{"key": key, "value": value} for key, value in pairs.items()]
        return {"keyValueStoreArn": self.store["arn"], "resourceKeyValuePairs": listed}

    def function(self, **changes: Any) -> dict[str, Any]:
        inputs = {"name": "router", "runtime": "cloudfront-js-2.0", "code": CODE, "publish": True}
        return inputs | {"keyValueStoreAssociations": [self.store["arn"]]} | changes

    def failures(self, kind: str, inputs: dict[str, Any]) -> list[str]:
        return [str(failure) for failure in self.stand_in.check(kind, urn(kind), inputs)[1]]


@pytest.fixture
def account() -> Account:
    return Account()


def test_arns_have_the_forms_of_the_service(account: Account) -> None:
    identity, function = account.create(FUNCTION, **account.function())
    assert (identity, function["arn"]) == ("router", "arn:aws:cloudfront::123456789012:function/router")
    assert account.store["arn"].startswith("arn:aws:cloudfront::123456789012:key-value-store/")
    keys_id, keys = account.create(KEYS, **account.keys(a="12", b="é"))
    assert (keys_id, keys["totalSizeInBytes"], keys["maxBatchSize"]) == (account.store["arn"], 6, 50)


def test_changed_pairs_are_an_update_of_the_keys_only(account: Account) -> None:
    _, outputs = account.create(KEYS, **account.keys(a="1", b="2"))
    before = Known(account.keys(a="1", b="2"), outputs)
    difference = account.stand_in.diff(KEYS, before, account.keys(b="3", a="1"))
    assert ([change.path for change in difference.paths], difference.replaces) == (
        ["resourceKeyValuePairs[1].value"],
        (),
    )
    updated = account.stand_in.update(KEYS, urn(KEYS), account.store["arn"], before, account.keys(b="33", a="1"))
    assert updated["totalSizeInBytes"] == 5
    assert account.stand_in.diff(KEYS, before, account.keys(b="2", a="1")).paths == ()


def test_changed_code_is_published_under_the_same_arn(account: Account) -> None:
    _, outputs = account.create(FUNCTION, **account.function())
    before = Known(account.function(), outputs)
    changed = account.function(code=CODE + "\n")
    assert account.stand_in.diff(FUNCTION, before, changed).replaces == ()
    updated = account.stand_in.update(FUNCTION, urn(FUNCTION), "router", before, changed)
    assert updated["arn"] == outputs["arn"]
    assert updated["liveStageEtag"] != outputs["liveStageEtag"]


def test_function_is_held_to_its_quotas(account: Account) -> None:
    failures = lambda **changes: account.failures(FUNCTION, account.function(**changes))  # noqa: E731
    assert failures(code="é" * 5121) == ["code: has 10242 bytes: CloudFront takes 10240"]
    assert failures(code=" ") == ["code: is empty"]
    assert failures(runtime="nodejs22.x") == [
        "runtime: is 'nodejs22.x': AWS allows cloudfront-js-1.0, cloudfront-js-2.0"
    ]
    assert failures(runtime="cloudfront-js-1.0") == ["keyValueStoreAssociations: needs the runtime cloudfront-js-2.0"]
    assert failures(keyValueStoreAssociations=[account.store["arn"]] * 2) == [
        "keyValueStoreAssociations: has 2 stores: a function can have one"
    ]
    assert failures(keyValueStoreAssociations=["arn:other"]) == [
        "keyValueStoreAssociations[0]: is 'arn:other': there is no such key value store in this deployment"
    ]


def test_keys_are_held_to_their_quotas(account: Account) -> None:
    failures = lambda **pairs: account.failures(KEYS, account.keys(**pairs))  # noqa: E731
    assert failures(**{"k" * 513: "v"}) == [
        f"resourceKeyValuePairs[0].key: is '{'k' * 59}…' of 513 bytes: a key has 1 to 512"
    ]
    assert failures(a="x" * 1025) == ["resourceKeyValuePairs[0].value: of the key 'a' has 1025 bytes: at most 1024 fit"]
    assert failures(**{f"{number:04}": "x" * 1024 for number in range(5200)}) == [
        "resourceKeyValuePairs: have 5345600 bytes: a store holds 5242880"
    ]
    assert account.failures(KEYS, account.keys() | {"maxBatchSize": 51}) == ["maxBatchSize: is 51: AWS allows 1 to 50"]
    twice = account.keys(a="1")
    twice["resourceKeyValuePairs"] *= 2
    assert account.failures(KEYS, twice) == ["resourceKeyValuePairs[1].key: is 'a', which is listed twice"]
    stranger = account.store["arn"][:-1] + "0"
    lost = account.failures(KEYS, account.keys() | {"keyValueStoreArn": stranger})
    assert lost == [f"keyValueStoreArn: is {stranger!r}: there is no such key value store in this deployment"]
