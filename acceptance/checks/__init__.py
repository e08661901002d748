"""Checks of a response against its expectations."""
