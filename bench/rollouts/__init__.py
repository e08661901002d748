"""Simulated rollouts, and how long a new percentage takes to be in force."""
