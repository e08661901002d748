"""The effect of a change on visitors: every sentence held against the router's own decisions."""
