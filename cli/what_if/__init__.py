"""`edge-router what-if`: what another percentage would do, by access logs."""
