"""`python -m operations` is the `edge-router` command."""

from operations.main import main

main()
