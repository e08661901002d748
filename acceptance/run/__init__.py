"""The course of a test: visitors, requests, set-up of the local edge."""
