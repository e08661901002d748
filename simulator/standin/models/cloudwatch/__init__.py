"""Models of aws:cloudwatch: the resources, and what the service rejects."""
