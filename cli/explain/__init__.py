"""Explain the decision for one request."""
