"""Run test files against the local edge or an address."""
