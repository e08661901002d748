"""CloudWatch on a laptop: metrics out of log lines, by Region, and the calls of its API that the controller makes."""

from simulator.cloudwatch.client import CloudWatchClient
from simulator.cloudwatch.embedded import Datum, read_line
from simulator.cloudwatch.metrics import CloudWatch, Statistics
from simulator.cloudwatch.under_way import LinesUnderWay

__all__ = ["CloudWatch", "CloudWatchClient", "Datum", "LinesUnderWay", "Statistics", "read_line"]
