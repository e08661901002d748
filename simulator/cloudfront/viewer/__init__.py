"""The servers and the ASGI application that viewers reach."""
