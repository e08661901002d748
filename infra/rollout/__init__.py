"""Rollouts: the controller, and the rollout in progress during an update."""
