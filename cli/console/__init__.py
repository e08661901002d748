"""Serve the console: documents about every stack, and what a person does on its page."""
