"""Delete orphaned functions and old versions."""
