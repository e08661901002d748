"""`python -m operations` is the `edge-router` command."""

from operations.entry import run

run()
