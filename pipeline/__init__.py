"""The AWS CodePipeline that deploys the stacks of edge-router: a Pulumi project beside the main one."""
