"""The command that begins a strategy: its file, its line in the registry, its test and its page."""
