"""The endpoint that everybody uses: tells Regions apart, counts, injects faults, and starts replication."""

import asyncio
import json
from collections.abc import Iterable
from typing import cast

from simulator.dynamodb.api_call import ApiCall, ApiCallError
from simulator.dynamodb.counters import CallCounters
from simulator.dynamodb.engine import Engine, EngineAnswer, EngineError
from simulator.dynamodb.faults import Fault, error_response
from simulator.dynamodb.replication import Replication
from simulator.dynamodb.table import Table
from simulator.loopback import Request, Reset, Response

_NOT_FOUND = "Requested resource not found"


class Front:
    """Answers DynamoDB's HTTP API for all Regions on one port. `faults` may be changed at any time."""

    def __init__(
        self,
        engine: Engine,
        counters: CallCounters,
        replication: Replication,
        regions: Iterable[str],
        has_shared_tables: bool = False,
    ) -> None:
        self._engine, self._counters, self._replication = engine, counters, replication
        self._regions = frozenset(regions)
        self._has_shared_tables = has_shared_tables
        self.tables: dict[str, Table] = {}
        self.faults: dict[str, Fault] = {}

    async def __call__(self, request: Request) -> Response | Reset:
        """One HTTP request; whatever it is, the answer is one that DynamoDB could give, or the Region's fault."""
        try:
            call = ApiCall.parse(request)
        except ApiCallError as error:
            return error_response(error.kind, str(error))
        self._counters.add(call.region, call.tables, call.operation)
        answer = await self._fault(call.region) or self._refusal(call) or await self._forward(call)
        if isinstance(answer, Reset) or answer.status != 200:
            self._counters.add_failure(call.region, call.tables, call.operation)
        return answer

    async def _fault(self, region: str) -> Response | Reset | None:
        fault = self.faults.get(region)
        if fault is None:
            return None
        await asyncio.sleep(fault.slow_ms / 1000)
        return fault.answer()

    def _refusal(self, call: ApiCall) -> Response | None:
        if call.region not in self._regions:
            message = "The security token included in the request is invalid."
            return error_response("UnrecognizedClientException", message)
        if any(call.region not in self.tables[name].regions for name in call.tables if name in self.tables):
            return error_response("ResourceNotFoundException", _NOT_FOUND)
        for name in call.partiql_writes:
            if name in self.tables and self.tables[name].is_global:
                message = f"Not modelled locally: PartiQL writes to the global table {name}; use the item operations"
                return error_response("ValidationException", message)
        if call.operation == "UpdateTable" and call.body.get("ReplicaUpdates"):
            message = "Not modelled locally: ReplicaUpdates; change the table's replicas in the Pulumi program"
            return error_response("ValidationException", message)
        return None

    async def _forward(self, call: ApiCall) -> Response:
        replicated = {name: self.tables[name] for name in call.tables if self._is_replicated(name)}
        try:
            if call.is_write and replicated:
                # Shielded: what the engine has taken must be replicated even if the client is gone by then.
                answer = await asyncio.shield(self._write(call, replicated))
            else:
                answer = await self._engine.send(call.region, call.operation, call.raw)
        except EngineError as error:
            return error_response("InternalServerError", str(error), 500)
        if call.operation == "DescribeTable" and answer.status == 200:
            return self._with_replicas(call, answer)
        return Response(answer.status, answer.body, answer.headers)

    def _is_replicated(self, name: str) -> bool:
        return not self._has_shared_tables and name in self.tables and self.tables[name].is_global

    async def _write(self, call: ApiCall, replicated: dict[str, Table]) -> EngineAnswer:
        async with self._replication.exclusive(replicated):
            answer = await self._engine.send(call.region, call.operation, call.raw)
            if answer.status == 200:
                keys = {name: table.key_names for name, table in replicated.items()}
                for name, key in call.written_keys(json.loads(answer.body), keys):
                    self._replication.note_write(replicated[name], key, call.region)
        return answer

    def _with_replicas(self, call: ApiCall, answer: EngineAnswer) -> Response:
        table = self.tables.get(call.tables[0]) if call.tables else None
        if table is None or not table.is_global:
            return Response(answer.status, answer.body, answer.headers)
        document = cast("dict[str, dict[str, object]]", json.loads(answer.body))
        document["Table"]["GlobalTableVersion"] = "2019.11.21"
        document["Table"]["Replicas"] = [
            {"RegionName": region, "ReplicaStatus": "ACTIVE"} for region in table.regions if region != call.region
        ]
        headers = [(name, value) for name, value in answer.headers if name != "x-amz-crc32"]  # no longer true
        return Response(200, json.dumps(document).encode(), headers)
