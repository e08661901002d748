"""The section `rollout`: plan, analysis, gates and notices of a rollout."""
