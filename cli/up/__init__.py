"""Serve a stack on this machine: the local edge."""
