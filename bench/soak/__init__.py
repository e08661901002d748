"""Many requests on a cached canary."""
