"""Reads exported Pulumi states, and lists the managed CloudFront policies that they name by ID only."""
