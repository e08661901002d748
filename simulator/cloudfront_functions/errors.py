"""What can be wrong with a CloudFront Function before it runs."""

from __future__ import annotations


class FunctionCodeError(ValueError):
    """Code that CloudFront would not take: too long, not JavaScript, or in need of what runtime 2.0 has not."""
