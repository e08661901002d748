"""The cache-leak check: whether a cache could hand one visitor's version, cookie or error to another."""

from cache_check.check import find_leaks, judge
from cache_check.judgement import Judgement
from cache_check.model.decides import Decides, decides_of
from cache_check.model.findings import Finding
from cache_check.state import StateShapeError
from infra.cache_leak_refusal import CacheLeakError, judge_stack, refuse_leaks, stack_leaks

__all__ = [
    "CacheLeakError",
    "Decides",
    "Finding",
    "Judgement",
    "StateShapeError",
    "decides_of",
    "find_leaks",
    "judge",
    "judge_stack",
    "refuse_leaks",
    "stack_leaks",
]
