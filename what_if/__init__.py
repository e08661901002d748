"""What a percentage would do, by access logs: who would move, what it costs, and how a rollout would go."""
