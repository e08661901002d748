"""What a response is compared with, and what comes of it."""
