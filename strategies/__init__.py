"""The strategies, one file or folder each, listed in strategies.registry; and the parts to write your own with.

All of these are loaded at the edge in any case.
"""

from router.model.assignment import Assignment as Assignment
from router.model.decision import Decision as Decision
from router.model.request import Request as Request
from strategies.base import Edge as Edge
from strategies.base import Needs as Needs
from strategies.base import OptionsError as OptionsError
from strategies.base import Strategy as Strategy
from strategies.base import TableSpec as TableSpec
from strategies.options import require as require
