"""The Pulumi program: settings, deployment packages, and one component per part."""
