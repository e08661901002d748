"""A whole stack on this machine: DynamoDB, the applications behind, Lambda workers and the edge in front."""
