"""The sample application: one code base, two versions."""
