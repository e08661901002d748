"""Override, pin, and live control: the decisions that precede the strategy."""
