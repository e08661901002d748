"""The effect of a percentage, by access logs: who would move, what it costs, and how a rollout would go."""
