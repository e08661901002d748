"""The generator of schema.json: types from the models of the settings, resources, metadata from pyproject.toml."""
