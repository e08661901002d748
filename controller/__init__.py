"""The rollout controller: raises the canary's percentage by a plan while the figures are good, and takes it back."""
