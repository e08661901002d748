"""Output and exit codes of commands: streams, tables, progress, errors and the JSON document."""
