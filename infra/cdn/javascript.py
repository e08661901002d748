"""The JavaScript of a stack's CloudFront Function with its config, its key values, and CloudFront's limits."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from string import ascii_letters
from typing import Any, cast

from rjsmin import jsmin  # pyright: ignore[reportUnknownVariableType]

from controller.sources.key_values import KEY, build_pairs, store_text
from infra.naming.edge_functions import REWRITING
from infra.settings.cache_key import KEY_FUNCTION, header_key
from infra.settings.domain import CLAIMS, FORWARDED_SCHEME, foreign_domains, origins_by_host
from infra.settings.groups import bot_tokens, has_baseline
from infra.settings.origins import ROUTED, OverrideSettings
from infra.settings.skew import named_builds, origins_by_build
from infra.settings.stack import Stack
from router.cache_guard import FORWARDED
from router.control.bots import TOKENS
from router.control.live import Live

RUNTIME = "cloudfront-js-2.0"
FUNCTIONS = Path(__file__).parents[2] / "functions"
CONFIG_START = "const CONFIG = "
CONFIG_LINE = f"{CONFIG_START}{{}};"
INCLUDE_LINE = "// include shared.js"
ONLY_WITH = "// only with "
END_LINE = "// end"

# "Quotas on CloudFront Functions" and "Quotas on key value stores".
MAX_CODE_BYTES = 10 * 1024
MAX_KEY_BYTES = 512
MAX_VALUE_BYTES = 1024
MAX_STORE_BYTES = 5 * 1024 * 1024


class FunctionCodeError(Exception):
    """A function or a key-value store that CloudFront would reject: all errors, one line each."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


@dataclass(frozen=True)
class FunctionCode:
    """A CloudFront Function. `name` is its file's. `holds_secret`: the code has keys that a state must encrypt."""

    name: str
    code: str
    key_values: Mapping[str, str]
    triggers: tuple[str, ...]
    holds_secret: bool

    @property
    def digest(self) -> str:
        """The beginning of the code's SHA-256, which shows a change of a code that is secret."""
        return sha256(self.code.encode()).hexdigest()[:16]


def build_function_code(stack: Stack) -> FunctionCode | None:
    """Return the stack's CloudFront Function, if it has one; FunctionCodeError where it exceeds a limit."""
    needs = stack.settings.needs
    if not needs.viewer_function:
        return None
    config = {**needs.function_config, **_config(stack)}
    key_values = build_key_values(stack)
    hashing = (FUNCTIONS / "hash.js").read_text(encoding="utf-8") if config["hashed"] else ""
    code = minify(code_with(read_source(needs.viewer_function) + hashing, config))
    if errors := limit_errors(code, key_values, stack):
        raise FunctionCodeError(errors)
    holds_secret = bool(needs.function_config.get("keys"))
    return FunctionCode(needs.viewer_function, code, key_values, needs.function_triggers, holds_secret)


def build_rewriting_code(stack: Stack) -> FunctionCode | None:
    """Return the function that names the site in responses, if the stack has it; FunctionCodeError over a limit.

    It reads the store of the other function. Names are needed only where every origin has the same path.
    """
    settings = stack.settings
    if not settings.rewrites_at_viewer:
        return None
    paths = {origin.path for origin in settings.all_origins}
    path = paths.pop() if len(paths) == 1 else ""
    names = [name for name in dict.fromkeys(settings.public_hosts) if name and path and "*" not in name]
    code = minify(code_with(read_source(REWRITING), {"names": names, "path": path}))
    if errors := limit_errors(code, {}, stack):
        raise FunctionCodeError(errors)
    return FunctionCode(REWRITING, code, {}, ("viewer-response",), holds_secret=False)


def build_key_values(stack: Stack) -> dict[str, str]:
    """Return what the stack's function reads from its store; nothing where it has none."""
    settings = stack.settings
    if settings.needs.viewer_function == "canary":
        # Read at each request, so that a change publishes no function.
        live = Live(settings.canary_percent, settings.pin, settings.release)
        return {KEY: store_text(live), **build_pairs(origins_by_build(settings))}
    return _tier_values(stack) if settings.needs.viewer_function == "tier" else {}


def read_source(name: str) -> str:
    """Return functions/<name>.js with the part that the functions share, without a config."""
    source = (FUNCTIONS / f"{name}.js").read_text(encoding="utf-8")
    return source.replace(INCLUDE_LINE, (FUNCTIONS / "shared.js").read_text(encoding="utf-8"))


def code_with(source: str, config: Mapping[str, Any]) -> str:
    """Return the code to deploy: the config as a literal, no indentation, and no line or part that is not needed.

    The lines between `// only with keys` and `// end` are needed where the config has such a value: every function in
    the code costs time at every request, because the top of the code runs each time. So an empty tuple, which no code
    reads, is not in the literal. No line of functions/*.js begins with // inside a string: no string spans lines.
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
            kept += f"{text}\n"
    return kept


def minify(code: str) -> str:
    """Return the code without spaces that mean nothing, and with short names of its own functions. Imports stay as they
    are written: AWS shows no other form.
    """
    lines = _shorten_names(code).splitlines(keepends=True)
    imports = [line for line in lines if line.startswith("import ")]
    return "".join(imports) + cast("str", jsmin("".join(lines[len(imports) :]))) + "\n"


def _shorten_names(code: str) -> str:
    """Give the functions at the top of the code, and what they have most, names of one letter that nothing in it has.

    The handler keeps its name, and so does what stands at the beginning of a text, too, or names a property. This is
    for the code in functions/, of which a test compares all that is no name of its own. The config is left alone.
    """
    letters = (letter for letter in ascii_letters if not re.search(rf"\b{letter}\b", code))
    config = next((line for line in code.splitlines() if line.startswith(CONFIG_START)), CONFIG_START)
    code = code.replace(config, CONFIG_START, 1)
    functions = re.findall(r"^(?:async )?function (\w+)\(", code, re.MULTILINE)
    start = CONFIG_START
    for name in ("CONFIG", "decision", *functions):
        own = re.compile(rf"(?<![.\w$'\"-]){name}(?![\w$'\":-])")
        if name != "handler" and len(own.findall(code)) == len(re.findall(rf"\b{name}\b", code)):
            letter = next(letters, name)
            code, start = own.sub(letter, code), own.sub(letter, start)
    return code.replace(start, start + config.removeprefix(CONFIG_START), 1)


def limit_errors(code: str, key_values: Mapping[str, str], stack: Stack) -> list[str]:
    """Return the limits that the function exceeds, each with the config key behind it."""
    errors: list[str] = []
    section = f"{stack.project}:{stack.settings.section}"
    size = len(code.encode())
    if size > MAX_CODE_BYTES:
        errors.append(
            f"{section}: the function's code with this config has {size:,} bytes; CloudFront takes {MAX_CODE_BYTES:,}."
            " Fewer origins, keyHeaders, bots.extra or signing keys make it smaller, as does a config without skew"
        )
    for key, value in key_values.items():
        where = f"{stack.project}:{_config_key(key, stack)}"
        for part, text, limit in (("key", key, MAX_KEY_BYTES), ("value", value, MAX_VALUE_BYTES)):
            if (length := len(text.encode())) > limit:
                errors.append(f"{where}: its {part} in the key-value store has {length:,} bytes; at most {limit:,}")
    total = sum(len(key.encode()) + len(value.encode()) for key, value in key_values.items())
    if total > MAX_STORE_BYTES:
        errors.append(
            f"{section}: the key-value store has {total:,} bytes in {len(key_values):,} keys; CloudFront takes"
            f" {MAX_STORE_BYTES:,}"
        )
    return errors


def _config_key(key: str, stack: Stack) -> str:
    """Return the config key of a key in the store: `tier:premium` is `tier.tiers.premium`, `canary` the release's."""
    kind, _, name = key.partition(":")
    if kind == "tier":
        return f"{stack.settings.section}.tiers.{name}"
    keys = {"origin": f"origins.{name}", "pin": "pin", "build": "skew", "host": "rewriteRedirects"}
    return keys.get(kind, "release")


def _config(stack: Stack) -> dict[str, Any]:
    """Return CONFIG. Without an override tier.js names no origins, so that another one publishes no function."""
    settings, key, skew = stack.settings, header_key(stack.settings), named_builds(stack.settings)
    tokens = bot_tokens(settings)
    if settings.needs.viewer_function == KEY_FUNCTION:
        return {"hashed": key.hashed}
    config: dict[str, Any] = {
        "origins": sorted(settings.origins),
        "override": _override(settings.override),
        "strategy": settings.strategy,
        "hashed": key.hashed,
        "skew": skew.for_edge if skew else (),
        "baseline": has_baseline(settings) or (),
        "holdout": settings.holdout.model_dump() if settings.holdout and settings.needs.by_percentage else (),
        "bots": "|".join((*TOKENS, *tokens)) if tokens is not None else (),
    }
    if settings.needs.viewer_function == "tier":
        stable = settings.origins["stable"]
        config |= {
            "claims": CLAIMS,
            "forwarded": FORWARDED_SCHEME if settings.forwarded_header else (),
            "publicHost": settings.public_hosts[0],
            "stableHasViewerHost": stable.host_header == "viewer",
            "passing": sorted({*FORWARDED, *key.covered}),
            "origins": config["origins"] if settings.override is not None else [],
            "stableHost": "" if stable.host_header in ("origin", "viewer") else stable.host_header,
            "stablePath": stable.path,
        }
    return config


def _override(override: OverrideSettings | None) -> dict[str, str] | None:
    """Return the place and the secret's digest, not the secret, because the code is in the state."""
    if override is None:
        return None
    place = next(place for place in ("header", "cookie", "query") if getattr(override, place))
    name = str(getattr(override, place))
    return {
        "place": place,
        "name": name.lower() if place == "header" else name,
        "digest": sha256(override.secret.encode()).hexdigest(),
    }


def _tier_values(stack: Stack) -> dict[str, str]:
    """Return what functions/tier.js reads, one key at a request: a tier, or `pin` for a request without a tier.

    A pin therefore replaces every tier. With an override the origins are included, by name.
    """
    settings = stack.settings
    tiers = dict(settings.needs.key_values)
    origins = {name: origin.model_dump(by_alias=True, include=ROUTED) for name, origin in settings.origins.items()}
    pin = _to_json({"pin": settings.pin, **(origins["canary"] if settings.pin == "canary" else {})})
    if settings.pin != "none":
        tiers = dict.fromkeys(tiers, pin)
    reachable = origins if settings.override is not None else {}
    named = {f"origin:{name}": _to_json(origin) for name, origin in reachable.items()}
    return {"pin": pin, **tiers, **named, **(_host_values(stack) if settings.rewrites_at_viewer else {})}


def _host_values(stack: Stack) -> dict[str, str]:
    """Return what functions/site.js reads: a key for each host of an origin, with its ports by protocol and its
    paths, and for each domain whose cookies are not the site's.

    Paths that do not fit into a value are left out, and with them the removal of any.
    """
    settings = stack.settings
    hosts = origins_by_host(settings.all_origins, settings.public_hosts)
    foreign = foreign_domains(hosts, settings.public_hosts)
    values: dict[str, str] = {}
    for host in sorted({*hosts, *foreign}):
        value: dict[str, Any] = {"isForeign": True} if host in foreign else {}
        for origin in hosts.get(host, ()):
            value[origin.protocol] = sorted({origin.port, *value.get(origin.protocol, ())})
        paths = sorted({origin.path for origin in hosts.get(host, ())} or {""})
        with_paths = _to_json({**value, "paths": paths})
        has_paths = paths != [""] and len(with_paths.encode()) <= MAX_VALUE_BYTES
        values[f"host:{host}"] = with_paths if has_paths else _to_json(value)
    return values


def _to_json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
