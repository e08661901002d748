"""The stack that a command works on: its settings, its running copy, and its tables and outputs."""
