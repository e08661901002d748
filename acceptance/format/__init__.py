"""The format of a test file, and its reader."""
