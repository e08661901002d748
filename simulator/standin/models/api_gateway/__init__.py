"""Models of aws:apigateway: the resources, and what the service rejects."""
