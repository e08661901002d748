"""The rules, each yielding findings for one cache behavior."""
