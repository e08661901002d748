"""The console: one page about every stack, its server on the loopback address, and the feed of documents it shows."""
