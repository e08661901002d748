"""The configuration of a distribution, as a state holds it."""
