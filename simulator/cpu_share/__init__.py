"""A share of one core for each process, as Lambda gives a function by its memory."""

from simulator.cpu_share.limiter import CpuLimiter, CpuQuota, CpuShareError, parse_cpu_share, start_limiter

__all__ = ["CpuLimiter", "CpuQuota", "CpuShareError", "parse_cpu_share", "start_limiter"]
