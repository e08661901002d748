"""Cache misses: forwarding, and requests to origins."""
