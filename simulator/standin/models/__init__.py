"""Models of AWS resource types: a module or a folder per service."""
