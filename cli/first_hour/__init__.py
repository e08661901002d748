"""`edge-router init` and `edge-router doctor`: a valid stack, and a machine and an account that can deploy it."""
