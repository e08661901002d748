"""CloudWatch on a laptop: metrics out of log lines, by Region, and the calls of its API that the controller makes."""

from simulator.cloudwatch.embedded import Datum, read_line
from simulator.cloudwatch.lines import LinesUnderWay
from simulator.cloudwatch.metrics import CloudWatch, CloudWatchClient, metric_data
from simulator.cloudwatch.statistics import Statistics

__all__ = ["CloudWatch", "CloudWatchClient", "Datum", "LinesUnderWay", "Statistics", "metric_data", "read_line"]
