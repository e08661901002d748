"""The rollout controller: raises the canary's percentage step by step, and rolls it back when the canary is worse."""
