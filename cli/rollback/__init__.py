"""Roll a release back, step by step."""
