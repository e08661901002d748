"""HTTP messages, header fields, errors and Regions."""
