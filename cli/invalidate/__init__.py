"""Invalidate cached responses that a deployment has made stale."""
