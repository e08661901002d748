"""The DynamoDB that is read while the bench measures: its tables, TLS, and the way to it."""
