"""The CloudFront Function of a stack: its code with the config put in, its key-value store, and CloudFront's limits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from infra.settings_origins import OverrideSettings
from infra.stack import Stack
from strategies.cookie_version import release_tag

FUNCTIONS = Path(__file__).parents[1] / "functions"
CONFIG_LINE = "const CONFIG = {};"

# "Quotas on CloudFront Functions" and "Quotas on key value stores".
MAX_CODE_BYTES = 10 * 1024
MAX_KEY_BYTES = 512
MAX_VALUE_BYTES = 1024
MAX_STORE_BYTES = 5 * 1024 * 1024


class ViewerFunctionError(Exception):
    """A function or a key-value store that CloudFront would not take: all that is wrong, one line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class ViewerFunction:
    """`name` is that of its file. `holds_secret`: the code has keys that must not stand in a state in plain text."""

    name: str
    code: str
    key_values: Mapping[str, str]
    triggers: tuple[str, ...]
    holds_secret: bool

    @property
    def code_digest(self) -> str:
        """It tells two codes apart where they are secret."""
        return sha256(self.code.encode()).hexdigest()[:16]


def viewer_function(stack: Stack) -> ViewerFunction | None:
    """What runs before the cache, if anything does; ViewerFunctionError where it is over a limit."""
    needs = stack.settings.needs
    if not needs.viewer_function:
        return None
    config = _canary_config(stack) if needs.viewer_function == "canary" else _tier_config(stack)
    source = (FUNCTIONS / f"{needs.viewer_function}.js").read_text(encoding="utf-8")
    code = code_with(source, {**needs.function_config, **config})
    key_values = _live_values(stack) if needs.viewer_function == "canary" else dict(needs.key_values)
    if problems := limit_problems(code, key_values, stack):
        raise ViewerFunctionError(problems)
    holds_secret = bool(needs.function_config.get("keys"))
    return ViewerFunction(needs.viewer_function, code, key_values, needs.function_triggers, holds_secret)


def code_with(source: str, config: Mapping[str, Any]) -> str:
    """The code to deploy: the config as a literal, without lines that are empty or nothing but a comment.

    No line of functions/*.js begins with // inside of a string, for none of their strings goes over a line's end.
    """
    before, found, after = source.partition(CONFIG_LINE)
    if not found or CONFIG_LINE in after:
        raise ValueError(f"the source has not exactly one line {CONFIG_LINE!r}")
    literal = json.dumps(config, sort_keys=True, separators=(",", ":"))
    lines = f"{before}const CONFIG = {literal};{after}".splitlines()
    return "".join(f"{line}\n" for line in lines if line.strip() and not line.lstrip().startswith("//"))


def limit_problems(code: str, key_values: Mapping[str, str], stack: Stack) -> list[str]:
    """What CloudFront would refuse, by the config key that it comes from."""
    problems: list[str] = []
    size = len(code.encode())
    if size > MAX_CODE_BYTES:
        problems.append(
            f"{stack.project}:{stack.settings.section}: the function's code with this config has {size:,} bytes;"
            f" CloudFront takes {MAX_CODE_BYTES:,}. Fewer origins, fewer or shorter signing keys make it smaller"
        )
    for key, value in key_values.items():
        where = f"{stack.project}:{_setting_of(key, stack)}"
        if (length := len(key.encode())) > MAX_KEY_BYTES:
            problems.append(f"{where}: its key in the key-value store has {length:,} bytes; at most {MAX_KEY_BYTES}")
        if (length := len(value.encode())) > MAX_VALUE_BYTES:
            problems.append(
                f"{where}: its value in the key-value store has {length:,} bytes; at most {MAX_VALUE_BYTES:,}"
            )
    total = sum(len(key.encode()) + len(value.encode()) for key, value in key_values.items())
    if total > MAX_STORE_BYTES:
        problems.append(
            f"{stack.project}:{stack.settings.section}: the key-value store has {total:,} bytes in {len(key_values):,}"
            f" keys; CloudFront takes {MAX_STORE_BYTES:,}"
        )
    return problems


def _setting_of(key: str, stack: Stack) -> str:
    """The config key behind a key of the store: `tier:premium` is `tier.tiers.premium`, `canary` the release's."""
    kind, _, name = key.partition(":")
    return f"{stack.settings.section}.tiers.{name}" if kind == "tier" else "release"


def _canary_config(stack: Stack) -> dict[str, Any]:
    settings = stack.settings
    return {
        "origins": sorted(settings.origins),
        "override": _override(settings.override),
        "strategy": settings.strategy,
    }


def _tier_config(stack: Stack) -> dict[str, Any]:
    """Origins only where an override or the pin can ask for them."""
    settings = stack.settings
    stable = settings.origins["stable"]
    is_reachable = settings.override is not None or settings.pin != "none"
    origins = {name: origin.model_dump(by_alias=True) for name, origin in settings.origins.items() if is_reachable}
    return {
        "origins": origins,
        "override": _override(settings.override),
        "pin": settings.pin,
        "stableHost": "" if stable.host_header in ("origin", "viewer") else stable.host_header,
        "stablePath": stable.path,
    }


def _override(override: OverrideSettings | None) -> dict[str, str] | None:
    """Where to look, and what the secret's digest is: the code stands in the state."""
    if override is None:
        return None
    place = next(place for place in ("header", "cookie", "query") if getattr(override, place))
    name = str(getattr(override, place))
    return {
        "place": place,
        "name": name.lower() if place == "header" else name,
        "digest": sha256(override.secret.encode()).hexdigest(),
    }


def _live_values(stack: Stack) -> dict[str, str]:
    """What functions/canary.js reads at each request, so that changing it publishes nothing."""
    settings = stack.settings
    live = {
        "percent": f"{settings.canary_percent:g}",
        "pin": settings.pin,
        "release": settings.release,
        "tag": release_tag(settings.release),
    }
    return {"canary": json.dumps(live, ensure_ascii=False, separators=(",", ":"))}
