"""IAM: policy documents and the router's role."""
