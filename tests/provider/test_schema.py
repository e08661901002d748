"""The schema of the component package."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from typing import Any

from docs.generate.keys import tables
from provider.generate.__main__ import ROOT, SCHEMA_FILE, text
from provider.generate.types import LEFT_OUT


@cache
def schema() -> dict[str, Any]:
    return json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))


def at(path: str) -> dict[str, Any]:
    """The property of a setting by its path in the stack file."""
    owner = schema()["resources"]["edge-router:index:EdgeRouter"]["inputProperties"]
    found: dict[str, Any] = {}
    for name in path.split("."):
        found = found.get("items") or found["additionalProperties"] if name == "*" else owner[name]
        if "$ref" in found:
            owner = schema()["types"][found["$ref"].removeprefix("#/types/")].get("properties", {})
    return found


def test_the_file_is_what_the_models_give() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == text(), "run `make schema`"


def test_every_setting_of_a_stack_file_has_a_property() -> None:
    keys = [key for name, table in tables().items() if name not in {"pipeline", *LEFT_OUT} for key in table]
    missing = [key.path for key in keys if key.names[0] not in LEFT_OUT and not _has(key.names)]
    assert missing == []


def _has(names: tuple[str, ...]) -> bool:
    found: dict[str, Any] = {"properties": schema()["resources"]["edge-router:index:EdgeRouter"]["inputProperties"]}
    for name in names:
        found = _resolve(found)
        found = found if name == "*" else _resolve(found).get("properties", {}).get(name, {})
    return bool(found)


def _resolve(found: dict[str, Any]) -> dict[str, Any]:
    inner = found.get("items") or found.get("additionalProperties") or found
    reference = inner.get("$ref") or next((one["$ref"] for one in inner.get("oneOf", ()) if "$ref" in one), "")
    return schema()["types"].get(reference.removeprefix("#/types/"), inner)


def test_what_other_resources_give_may_be_an_output_and_what_decides_about_resources_may_not() -> None:
    assert at("origins.*.domainName") == {
        "description": "DNS name of the origin; not with `bucket` or `functionUrl`, which stand for one.",
        "type": "string",
    }
    assert "plain" not in at("rollout.alarms.*")
    assert at("origins.*.port") == {
        "description": "Port of the origin; 80 by default where the protocol is `http`. Default: `443`.",
        "type": "integer",
        "plain": True,
    }


def test_secrets_are_marked() -> None:
    types: dict[str, Any] = {**schema()["types"], "": {"properties": at_the_top()}}
    secret = {
        f"{owner.rpartition(':')[2]}.{name}".removeprefix(".")
        for owner, one in types.items()
        for name, found in one.get("properties", {}).items()
        if found.get("secret")
    }
    assert secret == {
        *("logSalt", "Override.secret", "Security.originSecret", "JwtIat.secret", "CookieVersion.signingKeys"),
        *("StickySession.signingKeys", "StickySession.cookieSecrets", "Rollout.slack"),
        *("RolloutGatesWebhook.secret", "RolloutGatesWebhook.url"),
    }


def at_the_top() -> dict[str, Any]:
    return schema()["resources"]["edge-router:index:EdgeRouter"]["inputProperties"]


def test_words_are_an_enum_and_defaults_are_said_but_not_sent() -> None:
    """An SDK would send a default that the schema has, and a preset could not tell it from what somebody set."""
    assert at("pin")["$ref"] == "#/types/edge-router:index:Pin"
    assert [one["value"] for one in schema()["types"]["edge-router:index:Pin"]["enum"]] == ["canary", "none", "stable"]
    assert '"default"' not in SCHEMA_FILE.read_text(encoding="utf-8").replace('"default": {', "")


def test_the_metadata_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (schema()["version"], schema()["license"]) == (project["version"], "Apache-2.0")
