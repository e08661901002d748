"""Test files: requests to a stack, and what is expected of the responses."""
