"""The policy pack: the cache-leak check over every CloudFront distribution of a stack, at preview."""
