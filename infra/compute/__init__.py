"""Lambda functions: the router at the edge, and functions in one Region."""
