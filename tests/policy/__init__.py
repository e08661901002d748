"""The policy pack: its findings, without Pulumi; and over gRPC and by `pulumi preview`, in its own environment."""
