"""The CloudFront Function of a stack: its code with the config put in, its key-value store, and CloudFront's limits."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from controller.sources.key_values import KEY, text_of
from infra.settings.header_key import KEY_FUNCTION, header_key
from infra.settings.origins import OverrideSettings
from infra.settings.stack import Stack
from router.cache_guard import FORWARDED
from router.control.live import Live

FUNCTIONS = Path(__file__).parents[2] / "functions"
CONFIG_LINE = "const CONFIG = {};"
INCLUDE_LINE = "// include shared.js"
ONLY_WITH = "// only with "
END_LINE = "// end"

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
    config = {**needs.function_config, **_CONFIGS[needs.viewer_function](stack)}
    key_values = key_values_of(stack)
    hashing = (FUNCTIONS / "hash.js").read_text(encoding="utf-8") if config["hashed"] else ""
    code = code_with(source_of(needs.viewer_function) + hashing, config)
    if problems := limit_problems(code, key_values, stack):
        raise ViewerFunctionError(problems)
    holds_secret = bool(needs.function_config.get("keys"))
    return ViewerFunction(needs.viewer_function, code, key_values, needs.function_triggers, holds_secret)


def key_values_of(stack: Stack) -> dict[str, str]:
    """What the stack's function reads of its store; nothing where it has none."""
    values = {"canary": _canary_values, "tier": _tier_values}
    name = stack.settings.needs.viewer_function
    return values[name](stack) if name in values else {}


def source_of(name: str) -> str:
    """The code of functions/<name>.js with the part that the functions share, before any config is in it."""
    source = (FUNCTIONS / f"{name}.js").read_text(encoding="utf-8")
    return source.replace(INCLUDE_LINE, (FUNCTIONS / "shared.js").read_text(encoding="utf-8"))


def code_with(source: str, config: Mapping[str, Any]) -> str:
    """The code to deploy: the config as a literal, and no line that is empty, only a comment, or not needed.

    What stands between `// only with keys` and `// end` is needed where the config has such a value: every function
    that is there costs time at every request, for the top of the code runs anew each time. So an empty tuple, which no
    code looks at, is not in the literal. No line of functions/*.js begins with // inside of a string, for none of their
    strings goes over a line's end.
    """
    before, found, after = source.partition(CONFIG_LINE)
    if not found or CONFIG_LINE in after:
        raise ValueError(f"the source has not exactly one line {CONFIG_LINE!r}")
    given = {key: value for key, value in config.items() if value != ()}
    literal = json.dumps(given, sort_keys=True, separators=(",", ":"))
    kept, is_needed = "", True
    for line in f"{before}const CONFIG = {literal};{after}".splitlines():
        text = line.strip()
        if text.startswith(ONLY_WITH):
            is_needed = bool(config[text.removeprefix(ONLY_WITH)])
        elif text == END_LINE:
            is_needed = True
        elif is_needed and text and not text.startswith("//"):
            kept += f"{line}\n"
    return kept


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
    if kind == "tier":
        return f"{stack.settings.section}.tiers.{name}"
    return {"origin": f"origins.{name}", "pin": "pin"}.get(kind, "release")


def _canary_config(stack: Stack) -> dict[str, Any]:
    settings = stack.settings
    return {
        "origins": sorted(settings.origins),
        "override": _override(settings.override),
        "strategy": settings.strategy,
        "hashed": header_key(settings).hashed,
    }


def _tier_config(stack: Stack) -> dict[str, Any]:
    """No names of origins where nothing can ask for one: another origin then publishes no function."""
    settings = stack.settings
    stable = settings.origins["stable"]
    return {
        **_canary_config(stack),
        "passing": sorted({*FORWARDED, *header_key(settings).covered}),
        "origins": sorted(settings.origins) if settings.override is not None else [],
        "stableHost": "" if stable.host_header in ("origin", "viewer") else stable.host_header,
        "stablePath": stable.path,
    }


def _key_config(stack: Stack) -> dict[str, Any]:
    return {"hashed": header_key(stack.settings).hashed}


_CONFIGS: dict[str, Callable[[Stack], dict[str, Any]]] = {
    "canary": _canary_config,
    "tier": _tier_config,
    KEY_FUNCTION: _key_config,
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


def _canary_values(stack: Stack) -> dict[str, str]:
    """What functions/canary.js reads at each request, so that changing it publishes nothing."""
    settings = stack.settings
    return {KEY: text_of(Live(settings.canary_percent, settings.pin, settings.release))}


def _tier_values(stack: Stack) -> dict[str, str]:
    """What functions/tier.js reads, one of these at a request: a tier, or `pin` where no tier is asked for.

    A pin therefore stands in the place of every tier. With an override the origins are there as well, by name.
    """
    settings = stack.settings
    tiers = dict(settings.needs.key_values)
    origins = {name: origin.model_dump(by_alias=True) for name, origin in settings.origins.items()}
    pin = _json({"pin": settings.pin, **(origins["canary"] if settings.pin == "canary" else {})})
    if settings.pin != "none":
        tiers = dict.fromkeys(tiers, pin)
    reachable = origins if settings.override is not None else {}
    return {"pin": pin, **tiers, **{f"origin:{name}": _json(origin) for name, origin in reachable.items()}}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
