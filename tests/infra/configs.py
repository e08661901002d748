"""Configs as the engine gives them to a program, and the shipped stacks' own."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import cast
from zipfile import ZipFile

import yaml

import infra.builds
from docs.generate.docstrings import example
from infra.config.base_model import section_name
from infra.config.errors import SettingsError
from infra.package.bundle import Bundle
from infra.package.bytecode import NO_BYTECODE
from infra.settings.stack import Stack, load_stack
from simulator.standin.config.stack_config import read_stack_config
from simulator.standin.program import Run, run_program
from strategies.base import Needs
from strategies.registry import STRATEGIES, load

ROOT = Path(__file__).parents[2]
STACKS = ("local", "staging", "prod")

ORIGINS = {"stable": {"domainName": "v1.example.com"}, "canary": {"domainName": "v2.example.com"}}
BUILT = {"stable": {**ORIGINS["stable"], "build": "A"}, "canary": {**ORIGINS["canary"], "build": "B"}}
"""The same origins with a build each, for `skew`."""
DEFAULTS: dict[str, object] = {
    "strategy": "cookie-version",
    "canaryPercent": "12.5",
    "release": "2026-11",
    "origins": ORIGINS,
}

EVERYTHING = (
    "validator.function=true",
    "rollout.notify[0]=releases@example.com",
    "rollout.alarms[0]=arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout",
    "alarms.notify[0]=eyes@example.com",
    "accessLogs=v2",
    "domain.aliases[0]=www.example.com",
    "domain.hostedZoneId=Z0123456789ABCDEFGHIJ",
)
"""What a stack may have besides."""

CONNECTED = "demo.hosts=false"
"""What staging has as soon as its origins are set; it is shipped to be refused until then."""
HOSTS = "demo/hosts"
"""Stands for the stack of that project: staging's hosts, and mock backends of two tiers."""


_checked: dict[tuple[object, ...], str] = {}
_check_start = infra.builds.check_start


def _check_start_once(stack: Stack, bundle: Bundle) -> str:
    """Start packages that differ in their settings alone once: tests/packages has all kinds of settings."""
    with ZipFile(bundle.path) as archive:
        sources = ((one.filename, one.CRC) for one in archive.infolist() if one.filename != "config.json")
        key = (stack.settings.strategy, stack.settings.has_origin_response, *sources)
    if key not in _checked:
        _checked[key] = _check_start(stack, bundle)
    return _checked[key]


infra.builds.check_start = _check_start_once


def run_stack(stack: str, *overrides: str, state: Mapping[str, object] | None = None) -> Run:
    """Run the program of a stack as it is when its origins are set, or that of `HOSTS`.

    Without a state once for all tests, which change nothing of what they get.
    """
    return _run_new_stack(stack, *overrides) if state is None else _run_stack(stack, *overrides, state=state)


@cache
def _run_new_stack(stack: str, *overrides: str) -> Run:
    return _run_stack(stack, *overrides)


def _run_stack(stack: str, *overrides: str, state: Mapping[str, object] | None = None) -> Run:
    if stack == HOSTS:
        tiers = ("tiers[0]=premium", "tiers[1]=standard")
        return run_program("staging", project=ROOT / HOSTS, overrides=(*tiers, *overrides), state=state)
    return run_program(stack, overrides=(CONNECTED, *overrides), state=state)


SET_UP = tuple(
    name
    for name in STRATEGIES
    if section_name(name) in yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
)
"""Strategies with a section in the file of every stack. Any other one does without: its declared example is given."""

VERSIONED = {
    "cookie-version": ("strategy=cookie-version", "cookieVersion.caching=versioned"),
    "sticky-session": (
        "strategy=sticky-session",
        "stickySession.caching=versioned",
        "stickySession.versionCookie=app-version",
    ),
}
"""The overrides with which a strategy lets the cache keep each version apart."""


def choosing(strategy: str) -> tuple[str, ...]:
    """The overrides that switch a shipped stack to a strategy."""
    declared = {} if strategy in SET_UP else {section_name(strategy): example(load(strategy).Options)}
    return (f"strategy={strategy}", *_settings_in(declared))


def _settings_in(value: object, path: str = "") -> Iterator[str]:
    """KEY=VALUE of all that a section holds."""
    if isinstance(value, dict):
        for key, inner in cast("dict[str, object]", value).items():
            yield from _settings_in(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, inner in enumerate(cast("list[object]", value)):
            yield from _settings_in(inner, f"{path}[{index}]")
    else:
        yield f"{path}={value if isinstance(value, str) else json.dumps(value)}"


def config_of(**changes: object) -> dict[str, str]:
    """A config that works, with some keys set, or taken away where they are None."""
    merged = {key: value for key, value in {**DEFAULTS, **changes}.items() if value is not None}
    return {
        f"edge-router:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in merged.items()
    }


def stack_of(name: str = "test", **changes: object) -> Stack:
    return load_stack(config_of(**changes), name)


def problems_of(secret_keys: Container[str] = (), **changes: object) -> list[str]:
    """What is wrong with a config: one line per mistake."""
    try:
        load_stack(config_of(**changes), "test", secret_keys=secret_keys)
    except SettingsError as error:
        return error.errors
    return []


def shipped_stack(name: str, *overrides: str) -> Stack:
    """A stack of the project with KEY=VALUE overrides, without Pulumi."""
    config = read_stack_config(name, project=ROOT, overrides=overrides)
    return load_stack(config.values, name, config.project, config.secret_keys)


def needs_of(strategy: str) -> Needs:
    """The needs of a strategy as the local stack sets it up, or as it declares its example."""
    return shipped_stack("local", *choosing(strategy)).settings.needs


ON_LAMBDA = tuple(name for name in STRATEGIES if needs_of(name).origin_request)
BY_PERCENTAGE = tuple(name for name in STRATEGIES if needs_of(name).by_percentage)


def edit_stack(project: Path, stack: str, **changes: object) -> None:
    """Set keys in the file of a copied project's stack, or take them away where they are None."""
    path = project / f"Pulumi.{stack}.yaml"
    document = yaml.safe_load(path.read_text())
    changed = {f"edge-router:{key}": value for key, value in changes.items()}
    document["config"] = {key: value for key, value in {**document["config"], **changed}.items() if value is not None}
    path.write_text(yaml.safe_dump(document))


def warnings_of(found: Run) -> tuple[str, ...]:
    """The warnings of the stack; whether this machine has Lambda's Python is not the stack's affair."""
    return tuple(warning for warning in found.warnings if NO_BYTECODE not in warning)
