"""Requests, responses, origins, decisions and the assignment of visitors, free of CloudFront and AWS."""
