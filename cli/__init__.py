"""The `edge-router` command: `main` registers one folder per command family."""
