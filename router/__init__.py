"""The edge package: what runs inside Lambda@Edge. Standard library only."""
