"""Estimate the monthly bill."""
