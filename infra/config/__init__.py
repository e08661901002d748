"""Config: the base model of sections, errors, shared rules, and AWS Regions, hosts and provider keys."""
