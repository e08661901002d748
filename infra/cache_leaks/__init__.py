"""The cache-leak check: whether a cache could hand one visitor's version, cookie or error to another."""

from infra.cache_leaks.check import find_leaks, judge
from infra.cache_leaks.decides import Decides, decides_of
from infra.cache_leaks.findings import Finding
from infra.cache_leaks.judgement import Judgement
from infra.cache_leaks.refusal import CacheLeakError, judge_stack, refuse_leaks, stack_leaks
from infra.cache_leaks.state import StateShapeError

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
