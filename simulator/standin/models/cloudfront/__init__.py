"""Models of aws:cloudfront: the resources, and what the service rejects."""
