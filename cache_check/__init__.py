"""Finds cache leaks: cached responses of one visitor that another visitor would receive."""

from cache_check.analysis import Analysis
from cache_check.check import analyze_state, find_leaks
from cache_check.model.decision_inputs import DecisionInputs
from cache_check.model.findings import Finding

__all__ = ["Analysis", "DecisionInputs", "Finding", "analyze_state", "find_leaks"]
