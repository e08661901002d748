"""The pipeline's Pulumi program: settings in, the pipeline wired, outputs exported."""

import sys
from pathlib import Path

import pulumi

# Pulumi puts the folder of the program first, and the packages are in the one above.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipeline.program import pipeline

for name, value in pipeline().outputs.items():
    pulumi.export(name, value)
