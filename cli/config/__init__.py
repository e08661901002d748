"""Check settings, and a distribution for cache leaks."""
