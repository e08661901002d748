"""The generator of reference tables: settings from the models, reasons from the strategies, commands from the CLI."""
