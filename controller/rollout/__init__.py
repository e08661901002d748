"""The rollout, its item in the control table, and the changes that commands make to it."""
