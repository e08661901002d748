"""`python -m cli` is the `edge-router` command."""

from cli.entry import run

run()
