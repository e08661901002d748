"""The strategies: one file each, registered in strategies.registry."""
