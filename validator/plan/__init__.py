"""The plan of a validation: the requests to send, the versions to expect, and the limits."""
