"""Serves the policies to Pulumi's engine, which runs this file with the Python of PulumiPolicy.yaml."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from policy.analyzer import serve

if __name__ == "__main__":
    serve()
