"""Reads of DynamoDB tables over a connection of its own, without boto3."""
