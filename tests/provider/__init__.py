"""Tests of the component package: its schema, and the provider over gRPC."""
