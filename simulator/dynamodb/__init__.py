"""DynamoDB on a laptop: a local engine, and in front of it Regions, replication, counters and faults."""

from simulator.dynamodb.engine import EngineError
from simulator.dynamodb.faults import Fault
from simulator.dynamodb.local import LocalDynamoDB
from simulator.dynamodb.table import TableStateError, tables_from_state
from simulator.dynamodb.table_creation import TableConflictError

__all__ = ["EngineError", "Fault", "LocalDynamoDB", "TableConflictError", "TableStateError", "tables_from_state"]
