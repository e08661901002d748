"""`edge-router jwks`: the keys of an issuer, fetched at deploy."""
