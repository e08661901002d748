"""Private origins on this machine: S3 buckets and function URLs that check signatures and policies, as AWS does."""
