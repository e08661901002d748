"""The stacks that are scanned: all shipped ones, every strategy, everything a stack may have besides, the pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simulator.standin.program import run_program
from strategies.registry import STRATEGIES
from tests.infra.configs import EVERYTHING, HOSTS, ROOT, choosing, run_stack

WEB_ACL = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/site/473e64fd-f30b-4765-81a0-62ad96dd167a"
VERSIONED = ("strategy=cookie-version", "cookieVersion.caching=versioned")
CONFIGS: dict[str, tuple[str, ...]] = {
    **{f"prod {strategy}": ("prod", *choosing(strategy)) for strategy in STRATEGIES},
    "local": ("local",),
    "staging": ("staging",),
    "prod versioned": ("prod", *VERSIONED),
    "local everything": ("local", *VERSIONED, *EVERYTHING, f"security.webAclArn={WEB_ACL}"),
    "local legacy-logs": ("local", "accessLogs=s3"),
}
"""Name to stack and settings."""


def states() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every config's name and state; those of the other projects besides."""
    for name, (stack, *more) in CONFIGS.items():
        yield name, run_stack(stack, *more).state
    yield "hosts", run_stack(HOSTS).state
    yield "pipeline", run_program("pipeline", project=ROOT / "pipeline").state
