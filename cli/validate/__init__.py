"""Test a website against the promises of its canary."""
