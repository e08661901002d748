"""Deploys the Pulumi program without the CLI and without AWS: the stand-in provider and the in-process run."""
