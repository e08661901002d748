"""Models of aws:ec2: the resources, and what the service rejects."""
