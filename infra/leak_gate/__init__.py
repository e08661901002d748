"""Rejects a stack whose distribution would leak cached responses, before anything is deployed."""
