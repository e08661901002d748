"""Follows the code of a CloudFront Function to its choices of an origin."""
