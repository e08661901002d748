"""The sample application's EC2 hosts and the tiers' mock backends: a Pulumi project beside the main one."""
