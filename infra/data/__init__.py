"""DynamoDB: the strategies' tables and the control table."""
