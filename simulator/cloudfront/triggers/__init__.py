"""Lambda@Edge triggers: events and invocations."""
