"""The effect of a change of a stack on its visitors."""
