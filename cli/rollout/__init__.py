"""Start, watch and change a rollout."""
