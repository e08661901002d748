"""Deployment packages: modules, wheels, baked config, archive, and a check that they start."""
