"""What an edge is built from: an update that changes nothing of it keeps the edge, its caches and its workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Self

from simulator.cloudfront import Distribution, OriginMap
from simulator.lambda_edge import FunctionCode


@dataclass(frozen=True)
class Blueprint:
    """Equal ones make the same edge.

    What is changed while an edge runs is no part of it: the pairs of key-value stores, and items of tables.
    """

    distribution: Distribution
    functions: tuple[FunctionCode, ...]
    package_digests: tuple[str, ...]
    origins: Mapping[str, str]

    @classmethod
    def of(cls, distribution: Distribution, functions: Sequence[FunctionCode], origins: OriginMap) -> Self:
        """A package counts by its content: one that is built again can have the name of the last."""
        return cls(
            distribution=replace(distribution, key_values={arn: {} for arn in distribution.key_values}),
            functions=tuple(functions),
            package_digests=tuple(_digest(function.package) for function in functions),
            origins=origins.base_urls,
        )


def _digest(package: Path) -> str:
    try:
        return sha256(package.read_bytes()).hexdigest()
    except OSError:
        return ""  # who unzips it says what is wrong
