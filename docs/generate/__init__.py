"""Generates the reference tables in the pages: settings from the models, commands from the CLI."""
