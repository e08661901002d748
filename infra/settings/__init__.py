"""Settings: one module for each section, the whole model, and the stack with its names."""
