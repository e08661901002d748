"""The cache-leak check on exports of stacks as others write them: what each is found to be, word for word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cache_check import analyze_state
from infra.decision_inputs import decision_inputs
from tests.infra.configs import shipped_stack

STATES = Path(__file__).parent / "foreign_states"
EXPECTED = json.loads((STATES / "expected" / "findings.json").read_text(encoding="utf-8"))
"""By the name of the file, and whether it is judged by the settings of a stack: every finding as it is printed."""


def cases() -> list[tuple[str, str]]:
    return [(path.stem, by) for path in sorted(STATES.glob("*.json")) for by in ("alone", "by the stack")]


@pytest.mark.parametrize(("name", "by"), cases())
def test_every_state_is_found_to_be_what_it_is(name: str, by: str) -> None:
    state = json.loads((STATES / f"{name}.json").read_text(encoding="utf-8"))
    stack = shipped_stack("local", "strategy=cookie-version")
    analysis = analyze_state(state, decision_inputs(stack) if by == "by the stack" else None)
    told = [f"{finding.severity}: {finding}" for finding in analysis.findings]
    assert told == EXPECTED[name][by]


def names(name: str, by: str) -> list[str]:
    """Severity and name of the findings that are expected, so that the meaning of a file stands here too."""
    return [" ".join(line.split(" ", 2)[:2]) for line in EXPECTED[name][by]]


@pytest.mark.parametrize(
    ("name", "by", "expected"),
    [
        ("a1-attached-s3-oac", "by the stack", ["error: router-replaces-signed-origin"]),
        (
            "a2-attached-origin-group",
            "by the stack",
            ["error: router-defeats-origin-group", "error: router-replaces-signed-origin"],
        ),
        ("b1-only-origin-request", "by the stack", ["error: association-missing"]),
        ("b3-someone-elses-function", "by the stack", ["error: association-is-anothers"] * 2),
        ("b4-none", "by the stack", ["error: association-missing"] * 2),
        (
            "f3-sst-router",
            "alone",
            [
                "warning: decided-by-uncached-header",
                "warning: origin-sees-uncached-cookie",
                "warning: origin-sees-uncached-header",
                "warning: origin-sees-uncached-host",
            ],
        ),
        ("f6-mixed", "alone", []),
        ("m1-cookies-beside-key", "alone", [f"warning: origin-sees-uncached-{kind}" for kind in ("cookie", "header")]),
        (
            "m3-host-beside-key",
            "alone",
            [
                "warning: set-cookie-can-be-cached",
                *(f"warning: origin-sees-uncached-{kind}" for kind in ("cookie", "query", "header", "host")),
            ],
        ),
        (
            "m4-authorization-beside-key",
            "alone",
            [
                "warning: set-cookie-can-be-cached",
                *(f"warning: origin-sees-uncached-{kind}" for kind in ("cookie", "query", "header")),
            ],
        ),
        (
            "m5-cff-other-cookie-in-key",
            "alone",
            ["warning: decided-by-uncached-cookie", "warning: set-cookie-can-be-cached"],
        ),
        ("m6-cff-uri-rewrite", "alone", []),
        ("m7-cff-random", "alone", ["warning: chosen-by-chance"]),
        ("r5-sealed-origins", "alone", []),
        ("r6-deployment-v4", "alone", []),
        ("w1-wildcard-cookie", "by the stack", []),
    ],
)
def test_what_a_file_shows(name: str, by: str, expected: list[str]) -> None:
    assert names(name, by) == expected


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_foreign_distribution_is_never_mended_by_this_stack(name: str) -> None:
    for line in EXPECTED[name]["by the stack"]:
        assert "pulumi up" not in line
        assert "edge-router:" not in line
