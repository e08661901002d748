"""Physical names, tags and log groups of resources, with AWS's limits."""
