"""What commands print, and how they end: streams, tables, progress, errors and the JSON document."""
