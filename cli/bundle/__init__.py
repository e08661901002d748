"""Build the deployment package of a stack."""
