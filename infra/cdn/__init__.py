"""CloudFront: distribution, policies, CloudFront Function, domain names, access logs and invalidation."""
