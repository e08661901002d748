"""The handlers that the router is measured against."""
