"""The configuration of a distribution, read from a state."""
