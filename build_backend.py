"""Build backend: installs the clone it stands in (`pip install -e .`), and refuses to make a wheel (docs/adr/0017)."""

from __future__ import annotations

import sys
from typing import NoReturn

from setuptools.build_meta import build_editable, get_requires_for_build_editable, prepare_metadata_for_build_editable

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "prepare_metadata_for_build_editable",
]

REFUSAL = (
    "edge-router has no wheel and no source distribution: it runs from a clone of its repository. "
    "Clone it and run `make setup`, or `pip install -e .` there. docs/adr/0017-no-wheel.md says why."
)


def build_wheel(*_arguments: object, **_options: object) -> NoReturn:
    """Hook of PEP 517, also called by `pip install .` and `pip install git+https://…`."""
    sys.exit(REFUSAL)


def build_sdist(*_arguments: object, **_options: object) -> NoReturn:
    """Hook of PEP 517."""
    sys.exit(REFUSAL)
