"""CloudWatch on a laptop: metrics out of log lines, by Region, and the calls of its API that the controller makes."""

from simulator.cloudwatch.client import CloudWatchClient
from simulator.cloudwatch.embedded import Datum, read_line
from simulator.cloudwatch.metrics import CloudWatch, Statistics

__all__ = ["CloudWatch", "CloudWatchClient", "Datum", "Statistics", "read_line"]
