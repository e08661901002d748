"""The edge cache: keys, TTLs, compression."""
