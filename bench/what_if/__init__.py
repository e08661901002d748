"""Time and memory that `edge-router what-if` takes for a log."""
