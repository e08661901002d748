"""The stand-in over gRPC: for programs in any language that Pulumi has, and for components that a plugin constructs."""
