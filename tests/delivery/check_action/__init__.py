"""The composite action that comments on pull requests."""
