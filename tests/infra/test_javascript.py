"""The code that is deployed, and CloudFront's limits on it and on the key-value store."""

from __future__ import annotations

from collections import defaultdict

import pytest
from tree_sitter import Node

from cache_check.function_code.javascript import parse, source_text
from infra.cdn.javascript import (
    CONFIG_LINE,
    MAX_CODE_BYTES,
    FunctionCodeError,
    build_function_code,
    code_with,
    limit_errors,
    minify,
    read_source,
)
from simulator.cloudfront_functions import check_code
from tests.infra.configs import stack_of

TIER = {"tiers": {"premium": {"domainName": "premium.example.com"}}}
VERSIONED = {"caching": "versioned", "signingKeys": ["k" * 32, "o" * 32, "p" * 32]}
OVERRIDE = {"header": "x-qa-origin", "secret": "0123456789abcdef"}


@pytest.mark.parametrize(
    ("strategy", "section"), [("tier", {"tier": TIER}), ("cookie-version", {"cookieVersion": VERSIONED})]
)
def test_the_code_with_all_that_a_config_may_have_fits_and_needs_nothing_that_the_runtime_lacks(
    strategy: str, section: dict[str, object]
) -> None:
    function = build_function_code(stack_of(strategy=strategy, override=OVERRIDE, pin="canary", **section))
    assert function is not None
    check_code(function.code)
    assert len(function.code.encode()) <= MAX_CODE_BYTES


@pytest.mark.parametrize("name", ["tier", "canary"])
def test_the_source_is_code_too(name: str) -> None:
    source = read_source(name)
    assert "include shared.js" not in source
    check_code(minify(code_with(source, defaultdict(lambda: True))))  # without comments, and with every optional part


def test_short_names_change_no_text_no_property_and_nothing_of_the_config() -> None:
    config = {"told": "a decision of CONFIG, kept"}
    source = (
        f"{CONFIG_LINE}\nfunction handler(event) {{\nconst decision = kept(CONFIG.told);\nreturn decision.kept;\n}}\n"
        "function kept(text) {\nreturn use(text);\n}\nfunction use(text) {\nreturn 'use ' + text;\n}\n"
    )
    assert minify(code_with(source, config)) == (
        'const a={"told":"a decision of CONFIG, kept"};function handler(event){const b=kept(a.told);return b.kept;}\n'
        "function kept(text){return use(text);}\nfunction use(text){return'use '+text;}\n"
    )


@pytest.mark.parametrize("name", ["canary", "tier", "site"])
def test_short_names_change_nothing_else_in_the_code_that_is_shipped(name: str) -> None:
    code = code_with(read_source(name) + read_source("hash"), defaultdict(lambda: True))
    leaves, short = (_leaves(parse(text)) for text in (code, minify(code)))
    assert len(leaves) == len(short)
    renamed = {
        (before, after) for before, after in zip(leaves, short, strict=True) if before != after and before[0] != "regex"
    }
    assert {kind for (kind, _), _ in renamed} == {"identifier"}
    assert len(renamed) == len({before for before, _ in renamed}) == len({after for _, after in renamed}) > 3


def _leaves(node: Node) -> list[tuple[str, str]]:
    if node.type in ("string", "template_string", "regex") or not node.children:
        return [(node.type, source_text(node))] if node.type not in (";", "\n") else []
    return [leaf for child in node.children for leaf in _leaves(child)]


def test_comments_and_empty_lines_are_left_out_and_nothing_else() -> None:
    source = f"// one\nimport a from 'b';\n\n  // two\n{CONFIG_LINE}\nconst c = 'http://x'; // three\n"
    expected = 'import a from \'b\';\nconst CONFIG = {"a":[1],"b":"\\u2028"};\nconst c = \'http://x\'; // three\n'
    assert code_with(source, {"b": "\u2028", "a": [1]}) == expected


@pytest.mark.parametrize(("keys", "expected"), [(["k"], "a();\nb();\nc();\n"), ([], "a();\nc();\n")])
def test_what_only_a_config_with_a_value_needs_is_left_out_without(keys: list[str], expected: str) -> None:
    source = f"{CONFIG_LINE}\na();\n// only with keys\nb();\n// end\nc();\n"
    assert code_with(source, {"keys": keys}).partition("\n")[2] == expected


def test_a_name_that_no_config_has_is_refused() -> None:
    with pytest.raises(KeyError, match="'kyes'"):
        code_with(f"{CONFIG_LINE}\n// only with kyes\n// end\n", {"keys": []})


def test_a_config_without_keys_session_and_override_has_no_code_for_them() -> None:
    function = build_function_code(stack_of(strategy="cookie-version", cookieVersion={"caching": "versioned"}))
    assert function is not None
    assert not [name for name in ("signature", "overridden", "asking") if f"function {name}(" in function.code]


@pytest.mark.parametrize("source", ["", f"{CONFIG_LINE}\n{CONFIG_LINE}\n"])
def test_a_source_without_the_one_line_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"has not exactly one line 'const CONFIG = \{\};'"):
        code_with(source, {})


def test_the_same_config_gives_the_same_code() -> None:
    first, second = (build_function_code(stack_of(strategy="tier", tier=TIER)) for _ in range(2))
    assert first == second


def test_a_strategy_without_a_function_has_none() -> None:
    assert build_function_code(stack_of()) is None


def test_what_is_over_a_limit_is_named_by_its_key_in_the_config() -> None:
    stack = stack_of(strategy="tier", tier=TIER)
    assert limit_errors("x" * 10_241, {"tier:premium": "v" * 1_025, "tier:" + "é" * 260: ""}, stack) == [
        "edge-router:tier: the function's code with this config has 10,241 bytes; CloudFront takes 10,240. Fewer"
        " origins, keyHeaders, bots.extra or signing keys make it smaller, as does a config without skew",
        "edge-router:tier.tiers.premium: its value in the key-value store has 1,025 bytes; at most 1,024",
        f"edge-router:tier.tiers.{'é' * 260}: its key in the key-value store has 525 bytes; at most 512",
    ]
    assert limit_errors("", {"pin": "v" * 1_025, "origin:canary": "v" * 1_025, "canary": "v" * 1_025}, stack) == [
        f"edge-router:{setting}: its value in the key-value store has 1,025 bytes; at most 1,024"
        for setting in ("pin", "origins.canary", "release")
    ]
    full = {f"tier:{number}": "v" * 1_000 for number in range(5_300)}
    [text] = limit_errors("", full, stack)
    assert text.startswith("edge-router:tier: the key-value store has 5,3")
    assert text.endswith(" bytes in 5,300 keys; CloudFront takes 5,242,880")
    assert limit_errors("x" * 10_240, {"k" * 512: "v" * 1_024}, stack) == []


def test_the_value_of_the_longest_release_fits() -> None:
    function = build_function_code(stack_of(strategy="cookie-version", cookieVersion=VERSIONED, release="🚀" * 64))
    assert function is not None
    assert len(function.key_values["canary"].encode()) <= 1_024


def test_what_is_over_a_limit_ends_the_preview() -> None:
    keys = [f"{number:04}{'k' * 500}" for number in range(10)]
    with pytest.raises(FunctionCodeError, match=r"^edge-router:cookieVersion: the function's code with this config"):
        build_function_code(stack_of(strategy="cookie-version", cookieVersion={**VERSIONED, "signingKeys": keys}))


def test_origins_are_in_the_store_where_an_override_can_ask_for_them() -> None:
    origins = {"stable": {"domainName": "v1.example.com"}, "canary": {"domainName": "v2.example.com"}}
    many = {f"origin-{number}": {"domainName": f"o{number}.example.com"} for number in range(60)}
    settings = {"strategy": "tier", "tier": TIER, "origins": {**origins, **many}}
    without, with_override = (
        build_function_code(stack_of(**settings)),
        build_function_code(stack_of(**settings, override=OVERRIDE)),
    )
    assert without is not None
    assert with_override is not None
    hosts = {"host:example.com", "host:v1.example.com", "host:v2.example.com", "host:premium.example.com"}
    assert {key for key in without.key_values if "host:o" not in key} == {"pin", "tier:premium", *hosts}
    assert set(with_override.key_values) == {*without.key_values, *(f"origin:{name}" for name in settings["origins"])}
