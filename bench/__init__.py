"""The bench: performance as ratios, measured in one run."""
