"""Statistical analysis of a step: its plan, its samples, and the tests that compare canary and stable."""
