"""Show the decision logs of all Regions as one stream."""
