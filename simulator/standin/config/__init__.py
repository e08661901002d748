"""The settings of a stack, read as the Pulumi CLI reads them."""
