"""Installs the clone it stands in (`pip install -e .`), and refuses to make a wheel (docs/adr/0017)."""

from __future__ import annotations

import sys
from typing import NoReturn

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.sdist import sdist

REFUSAL = (
    "edge-router has no wheel and no source distribution: it runs from a clone of its repository. "
    "Clone it and run `make setup`, or `pip install -e .` there. docs/adr/0017-no-wheel.md says why."
)


class NoWheel(bdist_wheel):
    """The command of `pip install .` and `pip install git+https://…`; an editable one asks for names and tags."""

    def run(self) -> NoReturn:
        sys.exit(REFUSAL)


class NoSourceDistribution(sdist):
    """The command of `python -m build`."""

    def run(self) -> NoReturn:
        sys.exit(REFUSAL)


setup(cmdclass={"bdist_wheel": NoWheel, "sdist": NoSourceDistribution})
