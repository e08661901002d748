"""The component package: the settings as a schema for other languages, and the gRPC provider that builds components."""
