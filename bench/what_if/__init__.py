"""How long `edge-router what-if` takes for a log, and how much memory."""
