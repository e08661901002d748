"""The Pulumi program of the demo's hosts: settings in, components wired, outputs exported."""

import sys
from pathlib import Path

import pulumi

# Pulumi puts the folder of the program first, and the packages are two above.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from demo.hosts.program import create

for name, value in create().items():
    pulumi.export(name, value)
